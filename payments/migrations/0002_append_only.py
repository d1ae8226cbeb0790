"""What is booked stays booked: the database itself keeps the ledger whole.

Deferred to commit: every entry has two or more lines and adds up to zero. At once: no entry, line or
received payment changes or disappears, no line joins an entry of an earlier transaction, the running
balance of a guarded account follows its lines and nothing else, an issued receipt keeps its words.
"""

from django.db import migrations

FORWARD = """
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON payments_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER ledger_entry_no_truncate BEFORE TRUNCATE ON payments_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER ledger_line_append_only BEFORE UPDATE OR DELETE ON payments_ledgerline
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER ledger_line_no_truncate BEFORE TRUNCATE ON payments_ledgerline
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER ledger_account_kept BEFORE DELETE ON payments_ledgeraccount
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER ledger_account_no_truncate BEFORE TRUNCATE ON payments_ledgeraccount
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER payment_append_only BEFORE UPDATE OR DELETE ON payments_payment
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER payment_no_truncate BEFORE TRUNCATE ON payments_payment
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER receipt_kept BEFORE DELETE ON payments_receipt
    FOR EACH ROW EXECUTE FUNCTION voltgo_refuse_change();
CREATE TRIGGER receipt_no_truncate BEFORE TRUNCATE ON payments_receipt
    FOR EACH STATEMENT EXECUTE FUNCTION voltgo_refuse_change();

-- One check per entry, not per line: at commit every line is there.
CREATE FUNCTION payments_ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line_count bigint;
    total numeric;
BEGIN
    SELECT count(*), coalesce(sum(amount), 0) INTO line_count, total
        FROM payments_ledgerline WHERE entry_id = NEW.id;
    IF line_count < 2 THEN
        RAISE EXCEPTION 'ledger entry % has % lines, needs at least 2', NEW.id, line_count
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_balances';
    END IF;
    IF total <> 0 THEN
        RAISE EXCEPTION 'ledger entry % is out of balance by %', NEW.id, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_balances';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON payments_ledgerentry
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION payments_ledger_entry_balances();

CREATE FUNCTION payments_ledger_line_joins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM payments_ledgerentry WHERE id = NEW.entry_id AND txid = pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'ledger entry % is closed: no line may join it', NEW.entry_id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_line_joins_in_time';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_line_joins_in_time BEFORE INSERT ON payments_ledgerline
    FOR EACH ROW EXECUTE FUNCTION payments_ledger_line_joins();

CREATE FUNCTION payments_ledger_line_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payments_ledgeraccount
        SET balance = balance + CASE WHEN kind IN ('asset', 'expense') THEN NEW.amount ELSE -NEW.amount END
        WHERE id = NEW.account_id AND tracked;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_line_counts AFTER INSERT ON payments_ledgerline
    FOR EACH ROW EXECUTE FUNCTION payments_ledger_line_counts();

-- Depth 1 is a statement from outside; depth 2 is the trigger above.
CREATE FUNCTION payments_ledger_account_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.code, NEW.kind, NEW.tracked) IS DISTINCT FROM (OLD.code, OLD.kind, OLD.tracked)
        OR (NEW.balance <> OLD.balance AND pg_trigger_depth() < 2) THEN
        RAISE EXCEPTION 'ledger account % changes only by its lines', OLD.code
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_account_follows_its_lines';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_account_follows_its_lines BEFORE UPDATE ON payments_ledgeraccount
    FOR EACH ROW EXECUTE FUNCTION payments_ledger_account_guard();
CREATE FUNCTION payments_ledger_account_opens_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.balance <> 0 THEN
        RAISE EXCEPTION 'ledger account % must open empty', NEW.code
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_account_opens_empty';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_account_opens_empty BEFORE INSERT ON payments_ledgeraccount
    FOR EACH ROW EXECUTE FUNCTION payments_ledger_account_opens_empty();

CREATE FUNCTION payments_receipt_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.reference, NEW.payer_id, NEW.lines, NEW.content, NEW.net, NEW.vat, NEW.total, NEW.issued_at)
        IS DISTINCT FROM
       (OLD.number, OLD.reference, OLD.payer_id, OLD.lines, OLD.content, OLD.net, OLD.vat, OLD.total, OLD.issued_at)
        OR (OLD.sha256 <> '' AND NEW.sha256 <> OLD.sha256) THEN
        RAISE EXCEPTION 'receipt % is issued and stays as it is', OLD.number
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'receipt_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER receipt_frozen BEFORE UPDATE ON payments_receipt
    FOR EACH ROW EXECUTE FUNCTION payments_receipt_frozen();
"""
BACKWARD = """
DROP TRIGGER receipt_frozen ON payments_receipt;
DROP FUNCTION payments_receipt_frozen();
DROP TRIGGER ledger_account_opens_empty ON payments_ledgeraccount;
DROP FUNCTION payments_ledger_account_opens_empty();
DROP TRIGGER ledger_account_follows_its_lines ON payments_ledgeraccount;
DROP FUNCTION payments_ledger_account_guard();
DROP TRIGGER ledger_line_counts ON payments_ledgerline;
DROP FUNCTION payments_ledger_line_counts();
DROP TRIGGER ledger_line_joins_in_time ON payments_ledgerline;
DROP FUNCTION payments_ledger_line_joins();
DROP TRIGGER ledger_entry_balances ON payments_ledgerentry;
DROP FUNCTION payments_ledger_entry_balances();
DROP TRIGGER receipt_no_truncate ON payments_receipt;
DROP TRIGGER receipt_kept ON payments_receipt;
DROP TRIGGER payment_no_truncate ON payments_payment;
DROP TRIGGER payment_append_only ON payments_payment;
DROP TRIGGER ledger_account_no_truncate ON payments_ledgeraccount;
DROP TRIGGER ledger_account_kept ON payments_ledgeraccount;
DROP TRIGGER ledger_line_no_truncate ON payments_ledgerline;
DROP TRIGGER ledger_line_append_only ON payments_ledgerline;
DROP TRIGGER ledger_entry_no_truncate ON payments_ledgerentry;
DROP TRIGGER ledger_entry_append_only ON payments_ledgerentry;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("core", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
