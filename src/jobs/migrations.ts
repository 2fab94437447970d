/** What was done to the database, in order: version 1 is the first. A line that has been released is never changed; another is added. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE rondo.job (
    id uuid PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('waiting', 'received', 'fetching', 'contouring', 'delivering', 'delivered', 'corrected', 'approved', 'failed', 'cancelled')),
    priority integer NOT NULL,
    protocol text,
    source jsonb,
    origin text NOT NULL CHECK (origin IN ('dimse', 'stow', 'folder', 'archive', 'api', 'worklist')),
    arrival jsonb NOT NULL DEFAULT '{}',
    series_uid text NOT NULL,
    destinations jsonb,
    identity text,
    attempts integer NOT NULL DEFAULT 0,
    problem jsonb,
    progress jsonb,
    notes jsonb NOT NULL DEFAULT '[]',
    result_uid text,
    not_before timestamptz,
    lease_owner text,
    lease_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT job_lease CHECK ((state IN ('fetching', 'contouring')) = (lease_owner IS NOT NULL AND lease_until IS NOT NULL)),
    CONSTRAINT job_problem CHECK (problem IS NOT NULL OR state NOT IN ('waiting', 'failed')),
    CONSTRAINT job_protocol CHECK (protocol IS NOT NULL OR state IN ('waiting', 'failed', 'cancelled'))
  );
  CREATE UNIQUE INDEX job_identity ON rondo.job (identity) WHERE state NOT IN ('failed', 'cancelled');
  CREATE INDEX job_to_do ON rondo.job (priority DESC, created_at, id) WHERE state IN ('received', 'fetching', 'contouring');
  CREATE INDEX job_newest ON rondo.job (created_at DESC, id DESC);
  CREATE INDEX job_series ON rondo.job (series_uid);

  CREATE TABLE rondo.structure_set (
    sop_uid text PRIMARY KEY,
    job uuid NOT NULL REFERENCES rondo.job,
    bytes bytea,
    sha256 text NOT NULL,
    summary jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  CREATE INDEX structure_set_job ON rondo.structure_set (job);

  CREATE TABLE rondo.delivery (
    job uuid NOT NULL REFERENCES rondo.job,
    destination text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'verified', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    problem jsonb,
    lease_owner text,
    lease_until timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (job, destination)
  );
  CREATE INDEX delivery_due ON rondo.delivery (next_attempt_at) WHERE state = 'waiting';

  CREATE TABLE rondo.event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    job uuid NOT NULL REFERENCES rondo.job,
    who text NOT NULL,
    what text NOT NULL,
    from_state text,
    to_state text,
    details jsonb
  );
  CREATE INDEX event_job ON rondo.event (job, id);

  CREATE FUNCTION rondo.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'rondo.event is append-only: % refused', TG_OP USING ERRCODE = 'RO001';
  END $$;
  CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON rondo.event FOR EACH ROW EXECUTE FUNCTION rondo.refuse_change();
  CREATE TRIGGER event_not_emptied BEFORE TRUNCATE ON rondo.event FOR EACH STATEMENT EXECUTE FUNCTION rondo.refuse_change();
  `,
  'ALTER TABLE rondo.job ADD COLUMN postponed integer NOT NULL DEFAULT 0',
  `
  CREATE TABLE rondo.worklist_order (
    workitem_uid text PRIMARY KEY,
    transaction_uid text NOT NULL,
    study_uid text NOT NULL,
    state text NOT NULL DEFAULT 'scheduled' CHECK (state IN ('scheduled', 'claimed', 'completed', 'canceled', 'left')),
    job uuid REFERENCES rondo.job,
    reported jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT worklist_order_ended CHECK (job IS NOT NULL OR state <> 'completed')
  );
  CREATE INDEX worklist_order_open ON rondo.worklist_order (created_at) WHERE state IN ('scheduled', 'claimed');
  CREATE INDEX worklist_order_job ON rondo.worklist_order (job);
  `,
  `
  CREATE TABLE rondo.watch (
    archive text PRIMARY KEY,
    search text NOT NULL
  );

  CREATE TABLE rondo.watched_series (
    archive text NOT NULL REFERENCES rondo.watch,
    series_uid text NOT NULL,
    instances integer NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (archive, series_uid)
  );

  CREATE TABLE rondo.taken_file (
    folder text NOT NULL,
    file text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (folder, file)
  );
  `,
  `
  CREATE OR REPLACE FUNCTION rondo.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'rondo.% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'RO001';
  END $$;

  CREATE TABLE rondo.comparison (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL,
    sop_uid text NOT NULL REFERENCES rondo.structure_set,
    reference_uid text NOT NULL,
    structure text NOT NULL,
    figures jsonb NOT NULL,
    UNIQUE (sop_uid, reference_uid, structure)
  );
  CREATE TRIGGER comparison_append_only BEFORE UPDATE OR DELETE ON rondo.comparison FOR EACH ROW EXECUTE FUNCTION rondo.refuse_change();
  CREATE TRIGGER comparison_not_emptied BEFORE TRUNCATE ON rondo.comparison FOR EACH STATEMENT EXECUTE FUNCTION rondo.refuse_change();
  `,
];
