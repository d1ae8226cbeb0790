"""What was rendered or signed stays as it is: the database refuses to change or delete it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION rentals_contract_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.sha256 <> '' THEN
            RAISE EXCEPTION 'a rendered contract is kept: DELETE refused' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF (OLD.sha256 <> '' AND (NEW.sha256 <> OLD.sha256 OR NEW.data <> OLD.data OR NEW.number <> OLD.number))
        OR (OLD.signed_at IS NOT NULL AND (NEW.signed_at IS DISTINCT FROM OLD.signed_at OR NEW.handover <> OLD.handover))
        OR (OLD.signed_sha256 <> '' AND NEW.signed_sha256 <> OLD.signed_sha256) THEN
        RAISE EXCEPTION 'a rendered contract never changes: UPDATE refused' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contract_frozen BEFORE UPDATE OR DELETE ON rentals_contract
    FOR EACH ROW EXECUTE FUNCTION rentals_contract_frozen();
CREATE TRIGGER contract_signature_append_only BEFORE UPDATE OR DELETE ON rentals_contractsignature
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER contract_signature_no_truncate BEFORE TRUNCATE ON rentals_contractsignature
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();
"""
BACKWARD = """
DROP TRIGGER contract_signature_no_truncate ON rentals_contractsignature;
DROP TRIGGER contract_signature_append_only ON rentals_contractsignature;
DROP TRIGGER contract_frozen ON rentals_contract;
DROP FUNCTION rentals_contract_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("rentals", "0004_contract_evidence"), ("core", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
