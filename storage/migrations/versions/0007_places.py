"""Free places of tasks, the ways in which leases end, what labels are for, retractions, and gold."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

# The family of advisory locks, one a labeler, that a claim takes.
CLAIMING = 0x0A55A8

# How many more labelers may be leased a task, or experts where it is set aside for one.
FREE_PLACES = """
CREATE FUNCTION free_places(of_task bigint, since bigint, in_status text, wanted bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT CASE in_status WHEN 'open' THEN wanted WHEN 'expert' THEN 1 ELSE count(*) END - count(*)
    FROM assignments
    WHERE task_id = of_task AND guideline >= since AND status IN ('leased', 'answered')
        AND purpose = CASE in_status WHEN 'expert' THEN 'expert' ELSE 'consensus' END
$$
"""

# Gives places back whose lease has expired; tasks in others' hands are left to the next call. Returns how many.
END_EXPIRED = """
CREATE FUNCTION end_expired_leases(at_most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    expired uuid[];
BEGIN
    expired := ARRAY(
        SELECT assignment_id FROM assignments JOIN tasks USING (task_id)
        WHERE assignments.status = 'leased' AND expires_at <= now()
        ORDER BY expires_at LIMIT at_most FOR NO KEY UPDATE OF tasks SKIP LOCKED
    );
    IF cardinality(expired) = 0 THEN
        RETURN 0;
    END IF;
    UPDATE assignments SET status = 'expired'
        WHERE assignment_id = ANY(expired) AND status = 'leased' AND expires_at <= now();
    UPDATE tasks SET free = free_places(task_id, guideline, status, wanted)
        WHERE task_id IN (SELECT task_id FROM assignments WHERE assignment_id = ANY(expired));
    RETURN cardinality(expired);
END
$$
"""

# The most urgent task with a place for the labeler, locked. OFFSET 0 keeps the planner from turning the look at the
# labeler's own assignments into a join of a million tasks with all of them.
WAITING = """
    SELECT waiting.task_id FROM tasks waiting
    WHERE project = of_project AND status = of_status AND free > 0 AND NOT EXISTS (
        SELECT FROM assignments mine
        WHERE mine.task_id = waiting.task_id AND mine.labeler_id = by_labeler AND mine.status <> 'expired'
            AND mine.guideline >= waiting.guideline AND mine.purpose = for_purpose
        OFFSET 0
    )
    ORDER BY due_at, waiting.task_id LIMIT 1 FOR NO KEY UPDATE
"""

# One claim. Each statement sees what was committed before it began, so it may lock first and look afterwards; and what
# changed between look and lock is looked at again by the lock itself. Claims of one labeler wait for each other. The
# patient form waits for tasks in others' hands; it has then locked no other task, so nobody can wait for it in turn.
CLAIM = f"""
CREATE FUNCTION claim_task(
    of_project text, by_labeler bigint, for_purpose text, seconds double precision, patient boolean,
    OUT assignment_id uuid, OUT task_id bigint, OUT guideline bigint, OUT expires_at timestamptz, OUT fresh boolean,
    OUT sample json
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    of_status CONSTANT text := CASE for_purpose WHEN 'expert' THEN 'expert' ELSE 'open' END;
    chosen bigint;
    since bigint;
    swept bigint := 1;
BEGIN
    PERFORM pg_advisory_xact_lock({CLAIMING}, (by_labeler % 2147483647)::int);
    SELECT mine.assignment_id, mine.task_id, mine.guideline, mine.expires_at, false, tasks.sample
        INTO claim_task.assignment_id, claim_task.task_id, claim_task.guideline, claim_task.expires_at,
            claim_task.fresh, claim_task.sample
        FROM assignments mine JOIN tasks USING (task_id)
        WHERE mine.labeler_id = by_labeler AND mine.status = 'leased' AND mine.expires_at > now()
            AND mine.guideline >= tasks.guideline AND (mine.purpose = 'expert') = (for_purpose = 'expert')
        ORDER BY mine.leased_at LIMIT 1;
    IF FOUND THEN
        RETURN;
    END IF;
    IF patient THEN
        chosen := ({WAITING});
    ELSE
        WHILE chosen IS NULL AND swept > 0 LOOP
            swept := end_expired_leases(100);
            chosen := ({WAITING} SKIP LOCKED);
        END LOOP;
    END IF;
    IF chosen IS NULL THEN
        RETURN;
    END IF;
    claim_task.task_id := chosen;
    claim_task.fresh := true;
    claim_task.expires_at := now() + make_interval(secs => seconds);
    claim_task.guideline := (SELECT coalesce(max(version), 1) FROM guidelines WHERE project = of_project);
    UPDATE tasks SET free = free - 1 WHERE tasks.task_id = chosen
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


def upgrade() -> None:
    """Apply this step."""
    _purposes()
    _endings()
    _gold()
    _places()
    for function in (FREE_PLACES, END_EXPIRED, CLAIM):
        op.execute(function)
    op.execute("UPDATE tasks SET free = free_places(task_id, guideline, status, wanted)")


def _purposes() -> None:
    for table in ("assignments", "labels"):
        op.add_column(table, sa.Column("purpose", sa.String(), server_default="consensus", nullable=False))
    op.add_column("labels", sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
    op.drop_constraint(op.f("uq_labels_assignment_id"), "labels")
    op.create_unique_constraint(op.f("uq_labels_assignment_id_revision"), "labels", ["assignment_id", "revision"])
    op.create_table(
        "retractions",
        sa.Column("label_id", sa.Uuid(), nullable=False),
        sa.Column("retracted_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["label_id"], ["labels.label_id"], name=op.f("fk_retractions_label_id")),
        sa.PrimaryKeyConstraint("label_id", name=op.f("pk_retractions")),
    )


def _endings() -> None:
    op.drop_index("ix_assignments_held", table_name="assignments")
    op.drop_constraint(op.f("uq_assignments_task_id_labeler_id_guideline"), "assignments")
    op.add_column("assignments", sa.Column("status", sa.String(), server_default="leased", nullable=False))
    op.add_column("assignments", sa.Column("skip_reason", sa.String(), nullable=True))
    op.execute("UPDATE assignments SET status = 'answered' WHERE done_at IS NOT NULL")
    op.create_unique_constraint(
        op.f("uq_assignments_task_id_labeler_id_guideline_purpose"),
        "assignments",
        ["task_id", "labeler_id", "guideline", "purpose"],
    )
    leased = sa.text("status = 'leased'")
    op.create_index("ix_assignments_held", "assignments", ["labeler_id"], postgresql_where=leased)
    op.create_index("ix_assignments_expiring", "assignments", ["expires_at"], postgresql_where=leased)


def _gold() -> None:
    op.create_table(
        "gold",
        sa.Column("gold_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("guideline", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_under", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["labelers.labeler_id"], name=op.f("fk_gold_made_by")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.task_id"], name=op.f("fk_gold_task_id")),
        sa.PrimaryKeyConstraint("gold_id", name=op.f("pk_gold")),
    )
    op.create_index(
        op.f("ix_gold_task_id_guideline"),
        "gold",
        ["task_id", "guideline"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.add_column("assignments", sa.Column("gold_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_assignments_gold_id"), "assignments", "gold", ["gold_id"], ["gold_id"])


def _places() -> None:
    op.drop_index("ix_tasks_claim", table_name="tasks")
    op.add_column("tasks", sa.Column("free", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("tasks", sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.execute("UPDATE tasks SET due_at = created_at - priority * interval '1 day'")
    op.alter_column("tasks", "due_at", nullable=False)
    op.alter_column("tasks", "free", server_default=None)
    op.create_index(
        "ix_tasks_claim", "tasks", ["project", "status", "due_at", "task_id"], postgresql_where=sa.text("free > 0")
    )


def downgrade() -> None:
    """Undo this step; labels given to gold or by experts, taken back, or given again go with what told them apart."""
    op.execute("DROP FUNCTION claim_task; DROP FUNCTION end_expired_leases; DROP FUNCTION free_places")
    op.drop_index("ix_tasks_claim", table_name="tasks")
    op.drop_column("tasks", "due_at")
    op.drop_column("tasks", "free")
    op.create_index(
        "ix_tasks_claim",
        "tasks",
        ["project", sa.literal_column("priority DESC"), "task_id"],
        postgresql_where=sa.text("status = 'open'"),
    )
    op.execute("CREATE TEMPORARY TABLE lost AS SELECT label_id FROM retractions")
    op.drop_table("retractions")
    op.execute("DELETE FROM labels WHERE purpose <> 'consensus' OR label_id IN (SELECT label_id FROM lost)")
    op.execute("DELETE FROM assignments WHERE purpose <> 'consensus'")
    op.drop_constraint(op.f("uq_labels_assignment_id_revision"), "labels")
    op.create_unique_constraint(op.f("uq_labels_assignment_id"), "labels", ["assignment_id"])
    op.drop_column("labels", "revision")
    op.drop_column("labels", "purpose")
    op.drop_constraint(op.f("uq_assignments_task_id_labeler_id_guideline_purpose"), "assignments")
    op.drop_index("ix_assignments_expiring", table_name="assignments")
    op.drop_index("ix_assignments_held", table_name="assignments")
    for column in ("gold_id", "skip_reason", "status", "purpose"):
        op.drop_column("assignments", column)
    op.drop_table("gold")
    op.create_unique_constraint(
        op.f("uq_assignments_task_id_labeler_id_guideline"), "assignments", ["task_id", "labeler_id", "guideline"]
    )
    op.create_index("ix_assignments_held", "assignments", ["labeler_id"], postgresql_where=sa.text("done_at IS NULL"))
