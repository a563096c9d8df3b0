"""I7: a call that was retried with its key has one effect, and what was answered is there.

Invariant: an effect is known by something that its key alone can have caused: the mail address of a
booking, the note of a concern, the id that another system gave a report. What an act does to a walk
or an alert anybody may have done: of that there is one at most, and one where anybody was told so.
"""

import hashlib
import hmac
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.faults.checker.findings import Gathered
from tests.faults.checker.log import Connection, streamed
from tests.faults.history import Call, Outcome

Name = tuple[str, str]  # what kind of effect, and which

EFFECTS: Mapping[str, str] = {
    "booking": """
        select 'booked' as kind, encode(contact_hmac, 'hex') as name, count(*) as number
          from participant group by contact_hmac
        union all
        select 'opened', officer_id || ' ' || extract(epoch from starts_at)::bigint, count(*)
          from slot group by officer_id, starts_at
        union all
        select split_part(type, '.', 2), key, count(*) from event_log
         where topic = 'internal.booking.walks.v1'
           and type in ('walk.started.v1', 'walk.ended.v1', 'walk.cancelled.v1')
         group by type, key
    """,
    "concerns": """
        select 'captured' as kind, note as name, count(*) as number from concern
         where note is not null group by note
        union all
        select 'imported', outside_id, count(*) from concern
         where outside_id is not null group by outside_id
    """,
    "notifications": """
        select 'acknowledged' as kind, key as name, count(*) as number from event_log
         where type = 'alert.acknowledged.v1' group by key
    """,
}
ACT = re.compile(r"/booking/v1/walks/([0-9a-f-]{36})/(start|end|cancel)$")
ACKNOWLEDGE = re.compile(r"/notifications/v1/alerts/([0-9a-f-]{36})/acknowledge$")
DONE = {"start": "started", "end": "ended", "cancel": "cancelled"}


@dataclass(frozen=True)
class Effect:
    """What a call is meant to do: in which service, and whether only its own key can have done it."""

    service: str
    name: Name
    own: bool


def effect_of(call: Call, contact_key: str) -> Effect | None:
    """The effect of a call; None of one that has none or none that can be told apart."""
    if acted := ACT.match(call.path):
        return Effect("booking", (DONE[acted[2]], acted[1]), own=False)
    if taken := ACKNOWLEDGE.match(call.path):
        return Effect("notifications", ("acknowledged", taken[1]), own=False)
    if call.method == "IMPORT":
        return Effect("concerns", ("imported", call.key), own=True)
    return _made(call.path, call.body or {}, contact_key)


def _made(path: str, body: Mapping[str, Any], contact_key: str) -> Effect | None:
    """The effect of a call that makes something."""
    if path == "/booking/v1/walks" and body.get("email"):
        return Effect("booking", ("booked", _digest(body["email"], contact_key)), own=True)
    if path == "/concerns/v1/concerns" and body.get("note"):
        return Effect("concerns", ("captured", body["note"]), own=True)
    if path == "/booking/v1/slots" and body.get("starts_at"):
        moment = int(datetime.fromisoformat(body["starts_at"]).timestamp())
        return Effect("booking", ("opened", f"{body['officer_id']} {moment}"), own=False)
    return None


def _digest(email: str, contact_key: str) -> str:
    """What booking keeps of an address in a column of its own; the address itself is sealed."""
    return hmac.new(contact_key.encode(), email.lower().encode(), hashlib.sha256).hexdigest()


def ending(calls: Sequence[Call]) -> Outcome:
    """How the calls of one key ended, all in all."""
    answered = any(call.outcome == "ok" for call in calls)
    return "ok" if answered else calls[-1].outcome


async def judge(
    connections: "Mapping[str, Connection[Any]]",
    calls: Sequence[Call],
    gathered: Gathered,
    contact_key: str = "",
) -> None:
    """Compare what clients were told with what the services hold."""
    keys: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in calls:
        gathered.counted[f"calls {call.outcome}"] += 1
        keys[call.client, call.key].append(call)
    gathered.counted["keys asked with"] += len(keys)
    gathered.counted["keys retried"] += sum(len(of) > 1 for of in keys.values())
    held = {name: await _effects(connection, name) for name, connection in connections.items()}
    for (client, key), of_key in keys.items():
        where = (
            f"{client}'s {of_key[0].method} {ACT.sub('/booking/v1/walks/.../act', of_key[0].path)}"
        )
        _judge_answers(of_key, f"key {key}", where, gathered)
        meant = (effect_of(call, contact_key) for call in of_key)
        effect = next((found for found in meant if found), None)
        if effect is not None and effect.service in held:
            number = held[effect.service][effect.name]
            _judge_effect(effect, ending(of_key), number, f"key {key}", where, gathered)


async def _effects(connection: "Connection[Any]", service: str) -> Counter[Name]:
    found: Counter[Name] = Counter()
    if service in EFFECTS:
        async for row in streamed(connection, EFFECTS[service]):
            found[row["kind"], row["name"]] = row["number"]
    return found


def _judge_answers(calls: Sequence[Call], who: str, where: str, gathered: Gathered) -> None:
    """However often a key is answered with yes, it is one answer."""
    answered = {
        str(call.answer.get("id")) for call in calls if call.outcome == "ok" and call.answer
    }
    if len(answered) > 1:
        gathered.add("I7", where, f"{who} was answered with {sorted(answered)}")


def _judge_effect(
    effect: Effect, ended: Outcome, number: int, who: str, where: str, gathered: Gathered
) -> None:
    at_least = 1 if ended == "ok" else 0
    at_most = 0 if ended == "refused" and effect.own else 1
    if not at_least <= number <= at_most:
        kind, name = effect.name
        gathered.add("I7", where, f"{who} ended {ended}: {kind} {number} times ({name})")
