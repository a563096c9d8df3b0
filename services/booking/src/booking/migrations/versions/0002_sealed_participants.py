"""A participant is sealed under a key of her own; what was written in plain is sealed by the worker."""

from alembic import op

revision = "booking_0002"
down_revision = "booking_0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    alter table participant
        add column key_name text,
        add column wrapped_key bytea,
        add column sealed bytea,
        alter column name drop not null,
        alter column email drop not null,
        add constraint participant_is_sealed
            check ((sealed is null) = (email is not null)
                   and (sealed is null) = (wrapped_key is null)
                   and (sealed is null) = (key_name is null))
    """,
    "create index participant_in_plain on participant (id) where sealed is null",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
