"""Cases, work orders, decisions, outbox and the audit chain, in SQL."""
