-- A repeated request is answered byte for byte as before; jsonb would put the members into an order of its own.
ALTER TABLE idempotency_keys ALTER COLUMN answer TYPE json USING answer::json;
