"""Evidence is only added to, and published words stay as they are: the database refuses anything else."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER contract_event_append_only BEFORE UPDATE OR DELETE ON rentals_contractevent
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER contract_event_no_truncate BEFORE TRUNCATE ON rentals_contractevent
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();

CREATE FUNCTION rentals_contract_template_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (TG_OP = 'DELETE' OR NEW.state = 'draft' OR NEW.code <> OLD.code
            OR NEW.sha256 <> OLD.sha256 OR NEW.valid_from IS DISTINCT FROM OLD.valid_from) THEN
        RAISE EXCEPTION 'a published wording never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contract_template_frozen BEFORE UPDATE OR DELETE ON rentals_contracttemplate
    FOR EACH ROW EXECUTE FUNCTION rentals_contract_template_frozen();

CREATE FUNCTION rentals_contract_article_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM rentals_contracttemplate t WHERE t.state <> 'draft' AND t.id IN (
            CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.template_id END,
            CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.template_id END)) THEN
        RAISE EXCEPTION 'an article of a published wording never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contract_article_frozen BEFORE INSERT OR UPDATE OR DELETE ON rentals_contractarticle
    FOR EACH ROW EXECUTE FUNCTION rentals_contract_article_frozen();
"""
BACKWARD = """
DROP TRIGGER contract_article_frozen ON rentals_contractarticle;
DROP FUNCTION rentals_contract_article_frozen();
DROP TRIGGER contract_template_frozen ON rentals_contracttemplate;
DROP FUNCTION rentals_contract_template_frozen();
DROP TRIGGER contract_event_no_truncate ON rentals_contractevent;
DROP TRIGGER contract_event_append_only ON rentals_contractevent;
"""


class Migration(migrations.Migration):
    dependencies = [("rentals", "0017_contracts_for_real"), ("core", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
