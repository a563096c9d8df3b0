"""The two words by which a woman and her officer know each other.

Invariant: they follow from a walk's own MAC alone, so that nobody without the key can tell them, and they
are a column of no table and a field of no event.
"""

# Plain, told apart over a bad line, and nobody minds saying any of them in the street.
WORDS = """
acorn almond anchor apple apron arrow autumn badger bakery ballad bamboo banjo barley basket beacon
bicycle biscuit blanket bonfire bottle bramble bridge button cabin camera candle canvas carpet castle
cedar cello cherry clover cobalt coffee compass coral cotton crayon cricket crystal cushion daisy
dolphin domino donkey easel elbow ember falcon feather fiddle forest fossil galaxy garden glacier
granite gravel guitar hammock harbour harvest hazel hedgehog helmet iceberg igloo island ivory jacket
jasmine jigsaw jungle kayak kettle ladder lantern lavender lemon library lobster magnet maple marble
meadow melon mirror mitten muffin napkin nutmeg oatmeal ocean olive orange orchard otter paddle pancake
parsnip pebble pelican pencil pepper piano pillow planet pocket pumpkin puzzle rabbit radish ribbon
river rocket saddle salmon sandal saxophone scarf silver sparrow teapot thimble tulip velvet walnut
""".split()  # noqa: SIM905 - a list of 128 lines hides the code


def in_words(mac: bytes) -> str:
    """Two different words that the first bytes of a MAC stand for."""
    others = len(WORDS) - 1
    drawn = int.from_bytes(mac[:8], "big") % (len(WORDS) * others)
    first, second = divmod(drawn, others)
    return f"{WORDS[first]} {WORDS[second + (second >= first)]}"
