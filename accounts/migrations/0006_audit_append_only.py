"""Events are written once. PostgreSQL refuses to change them, whoever asks through whatever door of
the portal; a superuser of the database, or the owner of the table, can still drop the triggers (see
docs/audit.md).

There is no chain of hashes: it would make every change of every record wait for all others, and who
may drop a trigger may compute a chain anew."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The retention job says so in its own transaction; even it may not remove young events.
    IF TG_OP = 'DELETE' AND TG_LEVEL = 'ROW' THEN
        IF current_setting('audit.retention', true) = 'on'
           AND OLD.at < statement_timestamp() - interval '30 days' THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'Audit events are never changed: % is refused.', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON accounts_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_no_delete BEFORE DELETE ON accounts_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON accounts_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
"""
ALLOW = """
DROP TRIGGER audit_no_truncate ON accounts_auditevent;
DROP TRIGGER audit_no_delete ON accounts_auditevent;
DROP TRIGGER audit_no_update ON accounts_auditevent;
DROP FUNCTION audit_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_audit_event")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
