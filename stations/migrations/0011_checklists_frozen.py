"""Published checklists stay as they are; whoever changes a point waits for whoever publishes its list.

Without the lock both could commit: the publisher freezes the content while an editor's change is under way.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION stations_checklist_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (TG_OP = 'DELETE' OR NEW.state = 'draft'
            OR to_jsonb(NEW) - 'state' <> to_jsonb(OLD) - 'state') THEN
        RAISE EXCEPTION 'a published checklist never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER checklist_frozen BEFORE UPDATE OR DELETE ON stations_checklisttemplate
    FOR EACH ROW EXECUTE FUNCTION stations_checklist_frozen();

CREATE FUNCTION stations_checklist_row_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    list record;
BEGIN
    FOR list IN SELECT t.state FROM stations_checklisttemplate t WHERE t.id IN (
            CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.template_id END,
            CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.template_id END) ORDER BY t.id FOR SHARE LOOP
        IF list.state <> 'draft' THEN
            RAISE EXCEPTION 'a point of a published checklist never changes'
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER checklist_item_frozen BEFORE INSERT OR UPDATE OR DELETE ON stations_checklistitem
    FOR EACH ROW EXECUTE FUNCTION stations_checklist_row_frozen();
CREATE TRIGGER photo_position_frozen BEFORE INSERT OR UPDATE OR DELETE ON stations_photoposition
    FOR EACH ROW EXECUTE FUNCTION stations_checklist_row_frozen();
"""
BACKWARD = """
DROP TRIGGER photo_position_frozen ON stations_photoposition;
DROP TRIGGER checklist_item_frozen ON stations_checklistitem;
DROP FUNCTION stations_checklist_row_frozen();
DROP TRIGGER checklist_frozen ON stations_checklisttemplate;
DROP FUNCTION stations_checklist_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("stations", "0010_checklists")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
