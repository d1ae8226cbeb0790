"""Event rows are history: the database refuses to change or delete them."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION voltgo_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only a test database sets this, because test runners empty tables by TRUNCATE.
    IF TG_OP = 'TRUNCATE' AND current_setting('voltgo.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER state_event_append_only BEFORE UPDATE OR DELETE ON core_stateevent
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER state_event_no_truncate BEFORE TRUNCATE ON core_stateevent
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON core_auditevent
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON core_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();
"""
BACKWARD = """
DROP TRIGGER state_event_append_only ON core_stateevent;
DROP TRIGGER state_event_no_truncate ON core_stateevent;
DROP TRIGGER audit_event_append_only ON core_auditevent;
DROP TRIGGER audit_event_no_truncate ON core_auditevent;
DROP FUNCTION voltgo_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
