"""Capture windows of walks, and concerns."""

from alembic import op

revision = "concerns_0001"
down_revision = None
branch_labels = ("concerns",)
depends_on = ("shared_0001",)

TABLES = (
    """
    create table capture_window (
        walk_id uuid primary key,
        starts_at timestamptz not null,
        ends_at timestamptz not null,
        started_at timestamptz,
        ended_at timestamptz,
        cancelled_at timestamptz
    ) with (fillfactor = 80)
    """,
    """
    create table concern (
        id uuid primary key,
        shared_id uuid not null unique,
        source text not null check (source in ('walk', 'officer', 'import')),
        walk_id uuid,
        captured_by text not null,
        captured_at timestamptz not null,
        observed_at timestamptz not null,
        categories text[] not null check (cardinality(categories) > 0),
        category_version text not null,
        severity smallint not null check (severity between 1 and 3),
        lon double precision not null check (lon between -180 and 180),
        lat double precision not null check (lat between -90 and 90),
        ward_code text,
        ward_name text,
        ward_set text,
        light_said text check (light_said in ('day', 'dark')),
        light_computed text not null check (light_computed in ('day', 'dark')),
        note text,
        outside_system text,
        outside_id text,
        unique (outside_system, outside_id),
        check (num_nulls(ward_code, ward_name, ward_set) in (0, 3)),
        check (num_nulls(outside_system, outside_id) = case source when 'import' then 0 else 2 end),
        check (walk_id is null or source = 'walk')
    )
    """,
    "create index concern_newest on concern (captured_at desc, id desc)",
    "create index concern_by_ward on concern (ward_code, captured_at desc, id desc)",
    "create index concern_by_walk on concern (walk_id) where walk_id is not null",
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in TABLES:
        op.execute(statement)
