CREATE EXTENSION unaccent;
CREATE EXTENSION pgcrypto;
CREATE FUNCTION plain(text) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$SELECT public.unaccent('public.unaccent'::regdictionary, $1)$$;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE users (
  id bigserial PRIMARY KEY, name text NOT NULL, j json, jb jsonb, m mood DEFAULT 'ok',
  tags text[], born timestamptz DEFAULT now(), score float8, amount positive DEFAULT 1,
  twice bigint GENERATED ALWAYS AS (id * 2) STORED);
CREATE INDEX users_plain ON users (plain(name));
INSERT INTO users (name, j, jb, tags, score)
  SELECT 'Zoë 🦆 ' || i, '{"a": 1}', '{"b": 2}', ARRAY['x', 'y'], i / 3.0
  FROM generate_series(1, 5000) i;
CREATE VIEW names AS SELECT name, twice FROM users;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM users;
CREATE TABLE parent (a int, b text);
CREATE TABLE child (c int) INHERITS (parent);
ALTER TABLE parent ADD d int;
INSERT INTO child VALUES (1, 'x', 2, 3);
CREATE TABLE part (k int, v text) PARTITION BY RANGE (k);
CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (0) TO (100);
INSERT INTO part VALUES (1, 'é');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION touch();
SELECT lo_from_bytea(0, 'a large object'::bytea);
ALTER DATABASE main SET work_mem = '8MB';
COMMENT ON TABLE users IS 'all of them';
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON users USING (true);
