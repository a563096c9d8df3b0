"""Worlds in which one thing is not as it was, by statements against one service's database.

Invariant: each breaks one promise, and names which.
"""

from collections.abc import Sequence
from dataclasses import dataclass

NEVER_SENT = """
insert into event_log (topic, key, sequence, event_id, type, headers, value, publish_after)
values ('shared.walks.v1', gen_random_uuid()::text, 1, gen_random_uuid(), 'walk.started.v1',
        '{{"time": "2027-01-12T18:00:00+00:00"}}', '{{}}', now())
"""
SAYS_MORE = """
update event_log set value = value || ' '::bytea
 where topic = 'shared.walks.v1' and type = 'walk.ended.v1'
"""
SENT_AND_DUE = """
insert into outbox (topic, key, sequence, publish_after, logged_at)
select topic, key, sequence, publish_after, logged_at from event_log
 where topic = 'shared.walks.v1' limit 1
"""
BOOKED_AGAIN = """
insert into participant (id, walk_id, key_name, wrapped_key, sealed, contact_hmac, created_at)
select gen_random_uuid(), walk_id, key_name, wrapped_key, sealed, contact_hmac, created_at
  from participant limit 1
"""
# The event that concerns has no effect of: parked, with its key, as if its handler had refused it.
PARKED = """
insert into parked (consumer, topic, partition, "offset", key, sequence, headers, digest, cause)
select 'concerns', topic, (select min(partition) from consumer_offset where next_offset > 0), 0, key,
       {sequence}, '[]', '', '{cause}'
  from inbox where consumer = 'concerns' and key = '{overdue}'
"""
BLOCK = """
update inbox set last_sequence = {last}, blocked = {blocked}
 where consumer = 'concerns' and key = '{overdue}'
"""
BEHIND = """
update consumer_offset set next_offset = next_offset - 1 where (consumer, partition) in
       (select consumer, min(partition) from consumer_offset where next_offset > 0 group by consumer)
"""


def park(*, sequence: int = 2, last: int = 1, blocked: bool = True) -> list[str]:
    """The overdue walk's key, parked."""
    words = {"sequence": sequence, "cause": "refused: ValueError", "last": last}
    return [
        statement.format(**words, blocked=str(blocked).lower(), overdue="{overdue}")
        for statement in (PARKED, BLOCK)
    ]


@dataclass(frozen=True)
class Case:
    """A world in which one thing is not as it was, and what is broken by that."""

    name: str
    service: str
    statements: Sequence[str]
    broken: Sequence[str]
    poisoned: bool = False


CASES = (
    Case(
        "a committed event is not on its topic",
        "booking",
        [NEVER_SENT],
        ["I1"],
    ),
    Case(
        "an event that is due still waits",
        "concerns",
        ["update outbox set publish_after = now() where topic = 'shared.concerns.v1'"],
        ["I1", "I6"],
    ),
    Case(
        "a row says that something happened and no event does",
        "concerns",
        ["update concern set id = gen_random_uuid()"],
        ["I1"],
    ),
    Case(
        "a record was never committed",
        "booking",
        ["delete from event_log where topic = 'shared.walks.v1' and type = 'walk.ended.v1'"],
        ["I2"],
    ),
    Case(
        "a record says something else than was committed",
        "booking",
        [SAYS_MORE],
        ["I2"],
    ),
    Case(
        "a reader has applied what no log has",
        "concerns",
        ["update inbox set last_sequence = last_sequence + 1 where key = '{walked}'"],
        ["I2"],
    ),
    Case(
        "a fact is counted twice",
        "reporting",
        [
            "insert into fact select * from fact where measure = 'walks' and kind = 'ended'",
            "update figure set count = count + 1 where measure = 'walks' and kind = 'ended'",
        ],
        ["I4"],
    ),
    Case(
        "a window has not heard that its walk was started",
        "concerns",
        ["update capture_window set started_at = null where walk_id = '{walked}'"],
        ["I4"],
    ),
    Case(
        "a concern is counted twice for the debrief",
        "booking",
        ["update walk set concern_count = concern_count + 1 where id = '{walked}'"],
        ["I4"],
    ),
    Case(
        "an alarm that somebody took on is shown as nobody's",
        "booking",
        ["update walk set overdue_acknowledged_at = null where id = '{overdue}'"],
        ["I4"],
    ),
    Case(
        "an alarm is shown as taken on at a time that nobody told of",
        "booking",
        ["update walk set overdue_acknowledged_at = now() where id = '{overdue}'"],
        ["I4"],
    ),
    Case(
        "an alert is missing and another is nobody's",
        "notifications",
        ["update alert set due_at = due_at + interval '1 minute'"],
        ["I4"],
    ),
    Case(
        "a message was never intended",
        "notifications",
        ["delete from message where purpose = 'walk_cancelled'"],
        ["I4"],
    ),
    Case(
        "a mail failed",
        "notifications",
        ["update message set state = 'failed' where purpose = 'walk_cancelled'"],
        ["I4"],
    ),
    Case(
        "a reader has passed an event by",
        "notifications",
        ["update inbox set last_sequence = 0 where key = '{walked}'"],
        ["I4"],
    ),
    Case("a key parked as planned", "concerns", park(), [], poisoned=True),
    Case("a key parked by itself", "concerns", park(), ["I6"]),
    Case("a parked key overtaken", "concerns", park(last=2), ["I5"], poisoned=True),
    Case("a parked key not blocked", "concerns", park(blocked=False), ["I5"], poisoned=True),
    Case("a parked key passed by", "concerns", park(sequence=3), ["I5"], poisoned=True),
    Case(
        "a key waits for nothing",
        "concerns",
        ["update inbox set blocked = true where key = '{walked}'"],
        ["I5"],
    ),
    Case("others wait for a parked key", "concerns", [*park(), BEHIND], ["I5"], poisoned=True),
    Case("a reader is behind", "concerns", [BEHIND], ["I6"]),
    Case(
        "a row that was sent is still due",
        "booking",
        [SENT_AND_DUE],
        ["I6"],
    ),
    Case(
        "a consumer stands still",
        "concerns",
        ["insert into consumer_stop (consumer, reason) values ('concerns', 'flood')"],
        ["I6"],
    ),
    Case(
        "a mail is still to be tried again",
        "notifications",
        ["update message set state = 'retrying' where purpose = 'walk_cancelled'"],
        ["I6"],
    ),
    Case(
        "an answered booking is gone",
        "booking",
        ["delete from participant where walk_id = '{walked}'"],
        ["I7"],
    ),
    Case(
        "one key booked twice",
        "booking",
        [BOOKED_AGAIN],
        ["I7"],
    ),
    Case(
        "live figures are not what the facts give",
        "reporting",
        ["update figure set count = count + 1 where measure = 'walks' and kind = 'ended'"],
        ["I8"],
    ),
)
