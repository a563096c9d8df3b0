"""Contacts with whom no walk is booked online any more: a coordinator's decision, with its reason."""

from alembic import op

revision = "booking_0006"
down_revision = "booking_0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table barred_contact (
        id uuid primary key,
        contact_hmac bytea not null,
        reference text not null,
        ward_code text not null,
        reason text not null,
        barred_by text not null,
        barred_at timestamptz not null,
        until timestamptz,
        lifted_by text,
        lifted_at timestamptz,
        check (until > barred_at),
        check ((lifted_by is null) = (lifted_at is null))
    )
    """,
    "create index barred_contact_by_contact on barred_contact (contact_hmac) where lifted_at is null",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
