"""Tasks that are kept for one labeler for a while; claims that do not wait for the disk, with gold in one statement."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0010"
branch_labels = None
depends_on = None

# The family of advisory locks, one a labeler, that a claim takes.
CLAIMING = 0x0A55A8

# A plan that a session made while a table was nearly empty reads all of it, and is kept when the table has grown.
BY_INDEX = "SET enable_seqscan = off SET enable_bitmapscan = off"

# Opens to everybody what was kept for one labeler long enough; tasks in others' hands are left to the next call.
# Returns how many.
END_ASKS = f"""
CREATE FUNCTION end_lapsed_asks(at_most bigint) RETURNS bigint LANGUAGE plpgsql {BY_INDEX} AS $$
DECLARE
    lapsed bigint[];
BEGIN
    lapsed := ARRAY(
        SELECT task_id FROM tasks WHERE asked IS NOT NULL AND asked_until <= now()
        ORDER BY asked_until LIMIT at_most FOR NO KEY UPDATE SKIP LOCKED
    );
    IF cardinality(lapsed) > 0 THEN
        UPDATE tasks SET asked = NULL WHERE task_id = ANY(lapsed);
    END IF;
    RETURN cardinality(lapsed);
END
$$
"""  # noqa: S608 - of constants

# Tasks with a place for the labeler, most urgent first: those that are kept for them, and those that are for everybody.
# OFFSET 0 keeps the planner from turning the look at the labeler's own assignments into a join of a million tasks with
# all of them.
UNSEEN = """
    status = of_status AND free > 0 AND NOT EXISTS (
        SELECT FROM assignments mine
        WHERE mine.task_id = waiting.task_id AND mine.labeler_id = by_labeler AND mine.status <> 'expired'
            AND mine.guideline >= waiting.guideline AND mine.purpose = for_purpose
        OFFSET 0
    )
    ORDER BY due_at, waiting.task_id LIMIT 1
"""
ASKED = f"SELECT task_id FROM tasks waiting WHERE project = of_project AND asked = by_labeler AND {UNSEEN}"  # noqa: S608
GENERAL = f"SELECT task_id FROM tasks waiting WHERE project = of_project AND asked IS NULL AND {UNSEEN}"  # noqa: S608

# One claim. Each statement sees what was committed before it began, so it may lock first and look afterwards; and what
# changed between look and lock is looked at again by the lock itself. Claims of one labeler wait for each other. The
# commit does not wait for the disk (docs/decisions/0013).
CLAIM = f"""
CREATE FUNCTION claim_task(
    of_project text, by_labeler bigint, for_purpose text, seconds double precision, with_gold boolean,
    OUT assignment_id uuid, OUT task_id bigint, OUT guideline bigint, OUT expires_at timestamptz, OUT sample json
)
LANGUAGE plpgsql {BY_INDEX} AS $$
#variable_conflict use_column
DECLARE
    of_status CONSTANT text := CASE for_purpose WHEN 'expert' THEN 'expert' ELSE 'open' END;
    chosen bigint;
    chosen_gold bigint;
    since bigint;
    swept bigint := 1;
BEGIN
    PERFORM pg_advisory_xact_lock({CLAIMING}, (by_labeler % 2147483647)::int);
    SELECT mine.assignment_id, mine.task_id, mine.guideline, mine.expires_at, tasks.sample
        INTO claim_task.assignment_id, claim_task.task_id, claim_task.guideline, claim_task.expires_at,
            claim_task.sample
        FROM assignments mine JOIN tasks USING (task_id)
        WHERE mine.labeler_id = by_labeler AND mine.status = 'leased' AND mine.expires_at > now()
            AND mine.guideline >= tasks.guideline AND (mine.purpose = 'expert') = (for_purpose = 'expert')
        ORDER BY mine.leased_at LIMIT 1;
    IF FOUND THEN
        RETURN;
    END IF;
    PERFORM set_config('synchronous_commit', 'off', true);
    WHILE chosen IS NULL AND swept > 0 LOOP
        swept := end_expired_leases(100) + end_lapsed_asks(100);
        chosen := coalesce(({ASKED} FOR NO KEY UPDATE SKIP LOCKED), ({GENERAL} FOR NO KEY UPDATE SKIP LOCKED));
    END LOOP;
    IF chosen IS NULL THEN
        RETURN;
    END IF;
    claim_task.expires_at := now() + make_interval(secs => seconds);
    claim_task.guideline := (SELECT coalesce(max(version), 1) FROM guidelines WHERE project = of_project);
    claim_task.assignment_id := gen_random_uuid();
    IF with_gold THEN
        SELECT gold.gold_id, gold.task_id, tasks.sample INTO chosen_gold, claim_task.task_id, claim_task.sample
            FROM gold JOIN tasks USING (task_id, guideline)
            WHERE retired_at IS NULL AND project = of_project AND NOT EXISTS (
                SELECT FROM assignments mine
                WHERE mine.task_id = gold.task_id AND mine.labeler_id = by_labeler AND mine.guideline >= gold.guideline
            )
            ORDER BY random() LIMIT 1;
        IF FOUND THEN
            INSERT INTO assignments (assignment_id, task_id, labeler_id, guideline, purpose, gold_id, expires_at)
                VALUES (
                    claim_task.assignment_id, claim_task.task_id, by_labeler, claim_task.guideline, 'gold',
                    chosen_gold, claim_task.expires_at
                );
            RETURN;
        END IF;
    END IF;
    claim_task.task_id := chosen;
    UPDATE tasks SET free = free - 1, asked = NULL WHERE tasks.task_id = chosen
        RETURNING tasks.guideline, tasks.sample INTO since, claim_task.sample;
    UPDATE assignments
        SET status = 'leased', guideline = claim_task.guideline, leased_at = now(), expires_at = claim_task.expires_at
        WHERE assignments.task_id = chosen AND labeler_id = by_labeler AND purpose = for_purpose
            AND assignments.guideline >= since
        RETURNING assignments.assignment_id INTO claim_task.assignment_id;
    IF NOT FOUND THEN
        claim_task.assignment_id := gen_random_uuid();
        INSERT INTO assignments (assignment_id, task_id, labeler_id, guideline, purpose, expires_at)
            VALUES (
                claim_task.assignment_id, chosen, by_labeler, claim_task.guideline, for_purpose, claim_task.expires_at
            );
    END IF;
END
$$
"""  # noqa: S608 - of constants

# Whether something waits for the labeler, or will when it is let go of; returns when whoever has it in hand lets go.
# It locks nothing else meanwhile, so nobody can wait for it in turn.
AWAIT = f"""
CREATE FUNCTION await_task(of_project text, by_labeler bigint, for_purpose text) RETURNS boolean
LANGUAGE plpgsql {BY_INDEX} AS $$
DECLARE
    of_status CONSTANT text := CASE for_purpose WHEN 'expert' THEN 'expert' ELSE 'open' END;
    held bigint := coalesce(
        ({ASKED}),
        ({GENERAL}),
        (
            SELECT task_id FROM tasks
            WHERE project = of_project AND asked IS NOT NULL AND asked_until <= now() ORDER BY asked_until LIMIT 1
        ),
        (
            SELECT task_id FROM assignments JOIN tasks USING (task_id)
            WHERE project = of_project AND assignments.status = 'leased' AND expires_at <= now()
            ORDER BY expires_at LIMIT 1
        )
    );
BEGIN
    PERFORM FROM tasks WHERE task_id = held FOR NO KEY UPDATE;
    RETURN held IS NOT NULL;
END
$$
"""  # noqa: S608 - of constants

ORDER = ["project", "status", "due_at", "task_id"]


def upgrade() -> None:
    """Apply this step."""
    op.add_column("tasks", sa.Column("asked", sa.BigInteger(), nullable=True))
    op.add_column("tasks", sa.Column("asked_until", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_tasks_asked"), "tasks", "labelers", ["asked"], ["labeler_id"])
    op.drop_index("ix_tasks_claim", table_name="tasks")
    op.create_index("ix_tasks_claim", "tasks", ORDER, postgresql_where=sa.text("free > 0 AND asked IS NULL"))
    kept = sa.text("free > 0 AND asked IS NOT NULL")
    op.create_index("ix_tasks_asked", "tasks", ["asked", "due_at", "task_id"], postgresql_where=kept)
    op.create_index("ix_tasks_lapsing", "tasks", ["asked_until"], postgresql_where=sa.text("asked IS NOT NULL"))
    op.execute("DROP FUNCTION claim_task")
    for function in ("free_places", "end_expired_leases"):
        op.execute(f"ALTER FUNCTION {function} {BY_INDEX}")
    for function in (END_ASKS, CLAIM, AWAIT):
        op.execute(function)


def downgrade() -> None:
    """Undo this step; what was kept for one labeler is for everybody."""
    op.execute("DROP FUNCTION claim_task; DROP FUNCTION await_task; DROP FUNCTION end_lapsed_asks")
    for function in ("free_places", "end_expired_leases"):
        op.execute(f"ALTER FUNCTION {function} RESET ALL")
    op.execute(context.script.get_revision("0007").module.CLAIM)
    op.drop_index("ix_tasks_claim", table_name="tasks")
    op.drop_column("tasks", "asked")
    op.drop_column("tasks", "asked_until")
    op.create_index("ix_tasks_claim", "tasks", ORDER, postgresql_where=sa.text("free > 0"))
