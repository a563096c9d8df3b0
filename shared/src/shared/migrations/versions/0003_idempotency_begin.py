"""An Idempotency-Key is locked, and only then looked up, in one round trip."""

from alembic import op

revision = "shared_0003"
down_revision = "shared_0002"
branch_labels = None
depends_on = None

# In a volatile function each statement sees what has been committed when it begins: the look comes after
# the lock, and so finds the answer of whoever held the lock until just now.
BEGIN = """
create function idempotency_begin(
    wanted_scope text, wanted_key text, out ours boolean, out body_digest bytea, out answer bytea)
language plpgsql volatile as $$
begin
    ours := pg_try_advisory_xact_lock(hashtextextended(wanted_scope || ' ' || wanted_key, 0));
    select kept.body_digest, kept.answer into body_digest, answer
      from idempotency as kept where kept.scope = wanted_scope and kept.key = wanted_key;
end
$$
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(BEGIN)
