"""Wishes for a walk, and the offers that answer them; a held walk keeps an offer's place."""

from alembic import op

revision = "booking_0007"
down_revision = "booking_0006"
branch_labels = None
depends_on = None

STATEMENTS = (
    # Who she is lies sealed beside it, and goes when the wish is over: then the row says nothing of anybody.
    """
    create table request (
        id uuid primary key,
        reference text not null constraint request_reference unique,
        state text not null check (state in
            ('asked', 'offered', 'waitlisted', 'confirmed', 'withdrawn', 'closed')),
        wards text[] not null check (cardinality(wards) > 0),
        ward_set text not null,
        hours jsonb not null,
        light text not null check (light in ('dark', 'day', 'any')),
        officer_sex text check (officer_sex = 'female'),
        language text,
        needs text[] not null default '{}',
        priority boolean not null default false,
        reason text check (reason in ('no_slot', 'no_woman', 'needs', 'declined', 'expired')),
        asked_at timestamptz not null,
        closed_at timestamptz,
        contact_hmac bytea,
        key_name text,
        wrapped_key bytea,
        sealed bytea,
        check ((state = 'waitlisted') = (reason is not null)),
        check ((closed_at is not null) = (state in ('confirmed', 'withdrawn', 'closed'))),
        check ((sealed is null) = (contact_hmac is null)
               and (sealed is null) = (wrapped_key is null)
               and (sealed is null) = (key_name is null))
    )
    """,
    """
    create index request_waiting on request (priority desc, asked_at, id)
     where state in ('asked', 'waitlisted')
    """,
    """
    create index request_open on request (asked_at, id)
     where state in ('asked', 'waitlisted', 'offered')
    """,
    "create index request_by_contact on request (contact_hmac, asked_at) where sealed is not null",
    # The held walk goes when the offer comes to nothing, and its row with it: no reference to it.
    """
    create table offer (
        id uuid primary key,
        request_id uuid not null references request,
        offer_no int not null check (offer_no > 0),
        slot_id uuid not null references slot,
        walk_id uuid not null,
        officer_id uuid not null references officer,
        state text not null check (state in ('made', 'accepted', 'declined', 'expired')),
        why text[] not null,
        borrowed boolean not null,
        made_by text not null,
        made_at timestamptz not null,
        expires_at timestamptz not null check (expires_at > made_at),
        answered_at timestamptz,
        unique (request_id, offer_no),
        check ((state = 'made') = (answered_at is null))
    )
    """,
    "create unique index offer_open on offer (request_id) where state = 'made'",
    "create index offer_due on offer (expires_at) where state = 'made'",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
