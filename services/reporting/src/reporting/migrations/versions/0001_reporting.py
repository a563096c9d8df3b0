"""Facts that name nobody, the figures counted from them, and the number of the figures' version."""

from alembic import op

revision = "reporting_0001"
down_revision = None
branch_labels = ("reporting",)
depends_on = ("shared_0001",)

STATEMENTS = (
    # No key of its own: a number given to each fact would tell their order.
    """
    create table fact (
        measure text not null,
        kind text not null,
        day date not null,
        ward_code text,
        ward_set text,
        light text,
        category text,
        category_version text,
        severity smallint,
        detail text,
        elapsed_seconds int,
        check ((ward_code is null) = (ward_set is null)),
        check ((category is not null) = (measure = 'mentions'))
    )
    """,
    """
    create function fact_is_only_added() returns trigger language plpgsql as $$
    begin
        raise exception 'facts are only ever added';
    end
    $$
    """,
    """
    create trigger fact_is_only_added before update or delete or truncate on fact
    for each statement execute function fact_is_only_added()
    """,
    """
    create table figure (
        measure text not null,
        kind text not null,
        ward_code text,
        ward_set text,
        day date not null,
        category text,
        light text,
        count bigint not null
    ) with (fillfactor = 50)
    """,
    """
    create unique index figure_cell
        on figure (measure, kind, day, ward_set, ward_code, category, light) nulls not distinct
    """,
    """
    create table figure_version (
        one boolean primary key default true check (one),
        number bigint not null default 0
    ) with (fillfactor = 10)
    """,
    "insert into figure_version (one) values (true)",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
