-- The two roles of a chain's database: one owns and writes the read models, one reads them. Run once per database, as an
-- administrator, before Salesync first connects; it may be run again.
--
--   psql -d DATABASE -f deploy/postgres/roles.sql
--   \password salesync_projector
--   \password salesync_query
--
-- Instances with the roles `command` or `project` connect as salesync_projector, those with `query` alone as
-- salesync_query.
DO $$
BEGIN
    -- Roles belong to the server and not to a database, so another database may have them made already, or just now.
    BEGIN
        CREATE ROLE salesync_projector LOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    BEGIN
        CREATE ROLE salesync_query LOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    -- A rebuild makes a new schema beside the live one.
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO salesync_projector', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO salesync_query', current_database());
END
$$;

-- What the writers keep of their state between two reigns holds password hashes; who queries cannot enter here. It is
-- made before the defaults below, which are for what comes after.
CREATE SCHEMA IF NOT EXISTS salesync_writers AUTHORIZATION salesync_projector;
REVOKE ALL ON SCHEMA salesync_writers FROM salesync_query;

-- Whatever the one makes, the other may read.
ALTER DEFAULT PRIVILEGES FOR ROLE salesync_projector GRANT USAGE ON SCHEMAS TO salesync_query;
ALTER DEFAULT PRIVILEGES FOR ROLE salesync_projector GRANT SELECT ON TABLES TO salesync_query;
CREATE SCHEMA IF NOT EXISTS salesync AUTHORIZATION salesync_projector;
GRANT USAGE ON SCHEMA salesync TO salesync_query;
