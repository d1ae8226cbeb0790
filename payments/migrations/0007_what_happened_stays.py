"""Movements of cash, files of providers and what they say stay as they came; a closed shift stays closed."""

from django.db import migrations

KEPT = ("payments_cashmovement", "payments_statementfile", "payments_statementline", "payments_reconciliationitem")
KEPT_ROWS = ("payments_chargeback", "payments_cashdrop", "payments_bankline", "payments_deposithold",
             "payments_cashsession")

FORWARD = "\n".join(
    [
        f"CREATE TRIGGER {table[9:]}_append_only BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();"
        for table in KEPT
    ]
    + [
        f"CREATE TRIGGER {table[9:]}_kept BEFORE DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();"
        for table in KEPT_ROWS
    ]
    + [
        f"CREATE TRIGGER {table[9:]}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();"
        for table in KEPT + KEPT_ROWS
    ]
    + [
        """
CREATE FUNCTION payments_cash_session_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('closed', 'reconciled') AND (
        NEW.state NOT IN ('closed', 'reconciled')
        OR (NEW.opening_amount, NEW.counted_amount, NEW.expected_amount, NEW.counts, NEW.closed_at)
            IS DISTINCT FROM
           (OLD.opening_amount, OLD.counted_amount, OLD.expected_amount, OLD.counts, OLD.closed_at)
    ) THEN
        RAISE EXCEPTION 'cash session % is closed and stays closed', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'cash_session_stays_closed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cash_session_stays_closed BEFORE UPDATE ON payments_cashsession
    FOR EACH ROW EXECUTE FUNCTION payments_cash_session_closed();
CREATE FUNCTION payments_cash_movement_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM payments_cashsession WHERE id = NEW.session_id AND state NOT IN ('closed', 'reconciled')
    ) THEN
        RAISE EXCEPTION 'cash moves only within a running session'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'cash_movement_in_session';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cash_movement_in_session BEFORE INSERT ON payments_cashmovement
    FOR EACH ROW EXECUTE FUNCTION payments_cash_movement_in_time();
"""
    ]
)
BACKWARD = "\n".join(
    [
        "DROP TRIGGER cash_movement_in_session ON payments_cashmovement;",
        "DROP FUNCTION payments_cash_movement_in_time();",
        "DROP TRIGGER cash_session_stays_closed ON payments_cashsession;",
        "DROP FUNCTION payments_cash_session_closed();",
    ]
    + [f"DROP TRIGGER {table[9:]}_no_truncate ON {table};" for table in KEPT + KEPT_ROWS]
    + [f"DROP TRIGGER {table[9:]}_kept ON {table};" for table in KEPT_ROWS]
    + [f"DROP TRIGGER {table[9:]}_append_only ON {table};" for table in KEPT]
)


class Migration(migrations.Migration):
    dependencies = [("payments", "0006_money"), ("core", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
