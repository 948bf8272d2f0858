-- What a request asked for is kept as an HMAC from now on: whoever has a suspicion who was sent could have confirmed it by the
-- hash alone. Those that are there cannot be turned into it. Who repeats one of them is recognised by its leads.
DELETE FROM idempotency_keys;
