"""Teams and officers as JSON.

Invariant: a policy is told in the words and units of the seed file, so that either can be copied from the
other; no officer's sex, language or skill is told beside her name.
"""

from collections.abc import Sequence
from datetime import timedelta

from booking import domain
from booking.service.answers import instant
from booking.service.shapes import (
    OfficerList,
    PolicyShown,
    TeamJson,
    TermsJson,
    WardCodes,
)

MINUTE = timedelta(minutes=1)


def team(of: domain.Team) -> TeamJson:
    """A team, the policy in force and its wards."""
    return {
        "id": str(of.id),
        "name": of.name,
        "policy": terms(of.policy),
        "wards": wards(of.wards),
    }


def wards(of: domain.Wards) -> WardCodes:
    """The codes of wards that a team covers, and of those that it borrows from."""
    return {"own": list(of.own), "borrowed": list(of.borrowed)}


def policy(of: domain.PolicyVersion, known: Sequence[domain.PolicyVersion]) -> PolicyShown:
    """A version of a policy, since when it holds, and every version that is known."""
    return {
        **terms(of.policy),
        "set_at": instant(of.set_at),
        "versions": [
            {"version": each.policy.version, "set_at": instant(each.set_at)} for each in known
        ],
    }


def officers(found: Sequence[domain.Officer]) -> OfficerList:
    """Officers, to choose one from."""
    return {
        "items": [
            {
                "id": str(officer.id),
                "display_name": officer.display_name,
                "role": officer.role,
                "force_phone": officer.force_phone,
            }
            for officer in found
        ]
    }


def terms(of: domain.Policy) -> TermsJson:
    """A policy in the words of the body that changes it."""
    return {
        "version": of.version,
        "min_notice_minutes": of.min_notice // MINUTE,
        "horizon_days": of.horizon.days,
        "buffer_minutes": of.buffer // MINUTE,
        "debrief_minutes": of.debrief // MINUTE,
        "grace_seconds": int(of.grace.total_seconds()),
        "walk_minutes": of.walk_minutes,
        "daily_limit": of.daily_limit,
        "officer_sex": of.officer_sex,
        "group_size": of.group_size,
        "people_per_officer": of.people_per_officer,
        "youth": of.youth,
        "youth_from": of.youth_from,
    }
