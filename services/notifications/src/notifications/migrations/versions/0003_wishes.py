"""Messages about a wish: to whoever made it, and to coordinators when it waits too long."""

from alembic import op

revision = "notifications_0003"
down_revision = "notifications_0002"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    alter table message
        alter column walk_id drop not null,
        add column request_id uuid,
        add column offer_no int,
        add column until timestamptz,
        drop constraint message_purpose_check,
        add constraint message_purpose_check check (
            purpose in ('walk_confirmed', 'walk_moved', 'officer_changed', 'walk_missed',
                        'walk_cancelled', 'alert_waiting', 'wish_asked', 'wish_waiting',
                        'offer_made', 'place_kept', 'wish_withdrawn', 'wish_closed',
                        'wish_unmet')),
        drop constraint message_about_one_thing,
        add constraint message_about_one_thing check (
            num_nonnulls(walk_id, sequence, starts_at, ends_at) = 4
                and num_nonnulls(alert_id, rung, request_id, offer_no, until) = 0
            or num_nonnulls(walk_id, alert_id, rung) = 3
                and num_nonnulls(sequence, starts_at, ends_at, request_id, offer_no, until) = 0
            or num_nonnulls(request_id, sequence, until) = 3
                and num_nonnulls(walk_id, starts_at, ends_at, alert_id, rung) = 0
                and (offer_no is not null) = (purpose = 'offer_made'))
    """,
    """
    create unique index message_once_of_wish on message (request_id, purpose, sequence)
     where request_id is not null
    """,
    # Only offers are told again and again; whatever else there is to say of a wish is news once it is said.
    """
    create unique index message_news_once on message (request_id, purpose)
     where request_id is not null and purpose <> 'offer_made'
       and state not in ('withheld', 'expired')
    """,
)


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for statement in STATEMENTS:
        op.execute(statement)
