"""What a tablet has said stays as it was said; what was never a command of ours is kept without a number."""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION rentals_synccommand_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a command is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.id <> OLD.id OR NEW.origin <> OLD.origin OR NEW.kind <> OLD.kind OR NEW.subject <> OLD.subject
            OR NEW.tablet_id IS DISTINCT FROM OLD.tablet_id OR NEW.seq IS DISTINCT FROM OLD.seq
            OR NEW.schema <> OLD.schema OR NEW.station_id <> OLD.station_id
            OR NEW.actor_id IS DISTINCT FROM OLD.actor_id
            OR NEW.delivered_by_id IS DISTINCT FROM OLD.delivered_by_id
            OR NEW.body_sha256 <> OLD.body_sha256 OR NEW.device_at <> OLD.device_at
            OR NEW.offset_ms IS DISTINCT FROM OLD.offset_ms OR NEW.occurred_at <> OLD.occurred_at
            OR NEW.received_at <> OLD.received_at THEN
        RAISE EXCEPTION 'what a command says never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    -- When nobody needs it any more a body may be forgotten as a whole; its hash stays.
    IF NEW.body <> OLD.body AND NOT (NEW.body = '{}'::jsonb
            AND OLD.state IN ('applied', 'resolved') AND NEW.state = OLD.state) THEN
        RAISE EXCEPTION 'what a command says never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sync_command_frozen BEFORE UPDATE OR DELETE ON rentals_synccommand
    FOR EACH ROW EXECUTE FUNCTION rentals_synccommand_frozen();
"""
BACKWARD = """
DROP TRIGGER sync_command_frozen ON rentals_synccommand;
DROP FUNCTION rentals_synccommand_frozen();
"""
NUMBERED = models.Q(tablet__isnull=False, seq__isnull=False)
NEVER_OURS = models.Q(code__in=["malformed", "id_reused", "seq_reused"])


class Migration(migrations.Migration):
    dependencies = [("rentals", "0029_signed_on_a_tablet")]
    operations = [
        migrations.RemoveConstraint("synccommand", "sync_command_tablet_has_seq"),
        migrations.AddConstraint(
            "synccommand",
            models.CheckConstraint(
                condition=models.Q(origin="paper") | NUMBERED | NEVER_OURS, name="sync_command_tablet_has_seq"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
