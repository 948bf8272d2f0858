module fairlead.example/verify-log

go 1.26.0

// v0.40.0 or later: before, tlog did not check every tile against the one above (CVE-2026-56865).
require golang.org/x/mod v0.43.0
