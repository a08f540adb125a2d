-- Every pitfall that a dump of MariaDB is known for, in one database.
CREATE TABLE users (
  id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(100) NOT NULL, j json, born timestamp(6) NOT NULL
    DEFAULT current_timestamp(6), mood enum('sad', 'ok', 'happy') DEFAULT 'ok', tags set('x', 'y'),
  score double, amount decimal(30, 10) DEFAULT 1, bits bit(5), picture longblob, place point,
  who uuid DEFAULT uuid(), address inet6, hidden int INVISIBLE DEFAULT 5, note text,
  twice bigint GENERATED ALWAYS AS (length(name) * 2) STORED, thrice double AS (score * 3) VIRTUAL,
  CHECK (score >= 0), KEY (twice), FULLTEXT (note)) COMMENT 'all of them: ''\\''';
INSERT INTO users (name, j, tags, score, bits, picture, place, address, note)
  SELECT concat('Zoë 🦆 ', seq), '{"a": "é", "b": [1, 2]}', 'x,y', seq / 3, seq % 32,
    unhex(concat('00FF0A0D275C', hex(seq))), point(seq, 1), '::1', NULL FROM seq_1_to_5000;
UPDATE users SET picture = repeat(unhex('0001FE5C'), 3000000) WHERE id = 1;
UPDATE users SET name = 'NULL', note = 'tab\tline\r\nquote''back\\slash' WHERE id = 2;
UPDATE users SET picture = NULL, j = NULL, place = NULL WHERE id = 3;
CREATE TABLE zero (id int AUTO_INCREMENT PRIMARY KEY, at datetime) AUTO_INCREMENT = 100;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
INSERT INTO zero VALUES (0, '0000-00-00'), (50, '2020-02-00');
CREATE TABLE orders (id int PRIMARY KEY, user bigint NOT NULL, FOREIGN KEY (user) REFERENCES users (id)
  ON DELETE CASCADE);
INSERT INTO orders SELECT seq, seq FROM seq_1_to_100;
CREATE TABLE part (k int, v varchar(20) CHARACTER SET latin1) PARTITION BY RANGE (k)
  (PARTITION low VALUES LESS THAN (100), PARTITION high VALUES LESS THAN MAXVALUE);
INSERT INTO part VALUES (1, 'é'), (1000, 'ü');
CREATE TABLE kept (id int PRIMARY KEY, x int) WITH SYSTEM VERSIONING;
INSERT INTO kept VALUES (1, 1);
UPDATE kept SET x = 2;
CREATE TABLE `odd ``name``; é` (`a b` int, `%` text);
INSERT INTO `odd ``name``; é` VALUES (1, 'x');
CREATE TABLE old (id int, t varchar(9)) ENGINE = MyISAM;
INSERT INTO old VALUES (1, 'x');
CREATE SEQUENCE counted START WITH 7 INCREMENT BY 3;
DO NEXT VALUE FOR counted;
CREATE USER writer@'10.0.0.%' IDENTIFIED BY 'secret of the writer' REQUIRE SSL;
CREATE ROLE reader;
GRANT SELECT ON main.* TO reader;
GRANT reader TO writer@'10.0.0.%';
GRANT INSERT (id), SELECT (id) ON main.orders TO writer@'10.0.0.%';
GRANT SELECT, UPDATE, TRIGGER ON `main`.`users` TO writer@'10.0.0.%';
DELIMITER //
CREATE DEFINER = main@localhost FUNCTION doubled(n bigint) RETURNS bigint DETERMINISTIC
  SQL SECURITY DEFINER RETURN n * 2 //
CREATE DEFINER = writer@'10.0.0.%' PROCEDURE tidy(OUT n int) COMMENT 'tidies'
BEGIN
  -- a line of its own
  SELECT count(*) INTO n FROM users WHERE name = 'Zoë; 🦆';
END //
CREATE DEFINER = writer@'10.0.0.%' TRIGGER touched BEFORE INSERT ON users FOR EACH ROW
BEGIN
  SET NEW.note = concat('by trigger ', NEW.name);
END //
DELIMITER ;
GRANT EXECUTE ON PROCEDURE main.tidy TO writer@'10.0.0.%';
CREATE DEFINER = writer@'10.0.0.%' SQL SECURITY DEFINER VIEW names AS SELECT id, name FROM users;
CREATE DEFINER = main@localhost VIEW named AS SELECT doubled(id) AS n, name FROM names;
CREATE DEFINER = main@localhost EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DISABLE
  COMMENT 'at night' DO DELETE FROM orders WHERE id < 0;
CREATE EVENT soon ON SCHEDULE EVERY 1 SECOND STARTS '2020-01-01' DO DELETE FROM orders;
ALTER DATABASE main COLLATE utf8mb4_german2_ci COMMENT 'the shop';
INSERT INTO users (name) VALUES ('by hand');
CREATE TABLE balances (id int PRIMARY KEY, n bigint NOT NULL);
INSERT INTO balances SELECT seq, 0 FROM seq_1_to_50;
CREATE TABLE log (id bigint AUTO_INCREMENT PRIMARY KEY, said varchar(20));
