"""What operators look at: who leads, which timers fail, and what was asked for over HTTP."""

from alembic import op

revision = "shared_0002"
down_revision = "shared_0001"
branch_labels = None
depends_on = None

CHANGES = (
    "alter table relay_lease add column holder text, add column since timestamptz",
    """
    create table timer_failure (
        timer text primary key,
        cause text not null,
        times int not null default 1,
        since timestamptz not null default now(),
        last_at timestamptz not null default now()
    )
    """,
    """
    create table republish_request (
        id uuid primary key,
        since timestamptz not null,
        asked_at timestamptz not null default now(),
        taken_until timestamptz not null default '-infinity',
        ended_at timestamptz,
        events bigint,
        failure text
    )
    """,
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in CHANGES:
        op.execute(statement)
