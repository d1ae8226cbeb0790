"""Whoever changes an article waits for whoever publishes its wording, and then finds it frozen.

Without the lock both could commit: the publisher hashes the articles while an editor's change is under way.
"""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION rentals_contract_article_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wording record;
BEGIN
    FOR wording IN SELECT t.state FROM rentals_contracttemplate t WHERE t.id IN (
            CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.template_id END,
            CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.template_id END) ORDER BY t.id FOR SHARE LOOP
        IF wording.state <> 'draft' THEN
            RAISE EXCEPTION 'an article of a published wording never changes' USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION rentals_contract_article_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("rentals", "0020_wordings_and_photo_hashes")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
