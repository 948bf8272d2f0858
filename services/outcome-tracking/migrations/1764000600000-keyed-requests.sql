-- What a request asked for is kept as an HMAC from now on: a note is free text, and whoever has a suspicion what it says could have
-- confirmed it by the hash alone. Those that are there cannot be turned into it. What is said again has the same result.
DELETE FROM idempotency_keys;
