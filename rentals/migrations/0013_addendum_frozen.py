"""What was rendered as an addendum stays as it is: the database refuses to change or delete it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION rentals_addendum_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.sha256 <> '' THEN
            RAISE EXCEPTION 'a rendered addendum is kept: DELETE refused' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.data <> OLD.data OR NEW.number <> OLD.number OR NEW.accepted_at IS DISTINCT FROM OLD.accepted_at
        OR (OLD.sha256 <> '' AND NEW.sha256 <> OLD.sha256) THEN
        RAISE EXCEPTION 'an addendum never changes: UPDATE refused' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER addendum_frozen BEFORE UPDATE OR DELETE ON rentals_contractaddendum
    FOR EACH ROW EXECUTE FUNCTION rentals_addendum_frozen();
"""
BACKWARD = """
DROP TRIGGER addendum_frozen ON rentals_contractaddendum;
DROP FUNCTION rentals_addendum_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("rentals", "0012_waiting_and_out_of_service")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
