"""The tables of the event path, the same in every service's database."""

from alembic import op

revision = "shared_0001"
down_revision = None
branch_labels = ("shared",)
depends_on = None

TABLES = (
    """
    create table event_counter (
        topic text not null,
        key text not null,
        last_sequence bigint not null,
        last_publish_after timestamptz not null,
        primary key (topic, key)
    ) with (fillfactor = 70)
    """,
    """
    create table event_log (
        topic text not null,
        key text not null,
        sequence bigint not null,
        event_id uuid not null,
        type text not null,
        headers jsonb not null,
        value bytea,
        publish_after timestamptz not null,
        logged_at timestamptz not null default now(),
        primary key (topic, key, sequence, logged_at)
    ) partition by range (logged_at)
    """,
    "create table event_log_rest partition of event_log default",
    """
    do $$
    declare month timestamptz := date_trunc('month', now(), 'UTC');
    begin
        for _ in 1..3 loop
            execute format('create table event_log_%s partition of event_log for values from (%L) to (%L)',
                           to_char(month at time zone 'UTC', 'YYYY_MM'), month,
                           month + interval '1 month');
            month := month + interval '1 month';
        end loop;
    end $$
    """,
    """
    create table outbox (
        seq bigint generated always as identity primary key,
        topic text not null,
        key text not null,
        sequence bigint not null,
        publish_after timestamptz not null,
        logged_at timestamptz not null,
        republished boolean not null default false
    ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)
    """,
    "create index outbox_head on outbox (publish_after, key, seq)",
    """
    create table relay_lease (
        one boolean primary key default true check (one),
        token uuid,
        expires_at timestamptz not null default '-infinity',
        wanted_by uuid,
        wanted_until timestamptz not null default '-infinity',
        cluster text
    )
    """,
    "insert into relay_lease (one) values (true)",
    """
    create table consumer_offset (
        consumer text not null,
        topic text not null,
        partition int not null,
        next_offset bigint not null,
        fingerprint text not null,
        cluster text not null,
        trimmed_until bigint not null default 0,
        primary key (consumer, topic, partition)
    ) with (fillfactor = 50)
    """,
    """
    create table inbox (
        consumer text not null,
        topic text not null,
        key text not null,
        last_sequence bigint not null,
        blocked boolean not null default false,
        last_used date not null default current_date,
        primary key (consumer, topic, key)
    ) with (fillfactor = 70)
    """,
    """
    create table parked (
        id bigint generated always as identity primary key,
        consumer text not null,
        topic text not null,
        partition int not null,
        "offset" bigint not null,
        key text,
        sequence bigint,
        record_key bytea,
        headers jsonb not null,
        value bytea,
        digest text not null,
        cause text not null,
        attempts int not null default 0,
        parked_at timestamptz not null default now(),
        retry_at timestamptz not null default now(),
        check ((key is null) = (sequence is null))
    )
    """,
    """
    create unique index parked_with_key on parked (consumer, topic, key, sequence)
     where key is not null
    """,
    "create unique index parked_alone on parked (consumer, topic, digest) where key is null",
    "create index parked_due on parked (retry_at)",
    """
    create table parked_discarded (
        id bigint primary key,
        consumer text not null,
        topic text not null,
        key text,
        sequence bigint,
        cause text not null,
        reason text not null,
        discarded_at timestamptz not null default now()
    )
    """,
    """
    create table consumer_stop (
        consumer text primary key,
        reason text not null,
        trimmed_topic text,
        since timestamptz not null default now(),
        resumed_at timestamptz
    )
    """,
    """
    create table partition_progress (
        consumer text not null,
        topic text not null,
        partition int not null,
        lag bigint not null,
        as_of timestamptz not null,
        checked_at timestamptz not null default now(),
        primary key (consumer, topic, partition)
    ) with (fillfactor = 50)
    """,
    """
    create view consumer_progress as
    select consumer, sum(lag)::bigint as lag, min(as_of) as as_of, min(checked_at) as checked_at
      from partition_progress group by consumer
    """,
    """
    create table idempotency (
        scope text not null,
        key text not null,
        body_digest bytea not null,
        answer bytea not null,
        kept_at timestamptz not null default now(),
        primary key (scope, key)
    )
    """,
    "create index idempotency_age on idempotency (kept_at)",
    """
    create table audit (
        id bigint generated always as identity primary key,
        at timestamptz not null default now(),
        actor text not null,
        action text not null,
        subject text not null,
        reason text
    )
    """,
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("set local timezone = 'UTC'")
    for statement in TABLES:
        op.execute(statement)
