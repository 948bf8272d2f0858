// `node health.mjs live|ready`, inside a container: asks the process beside it, and ends with 0 when it says yes.
try {
  const { ok } = await fetch(`http://127.0.0.1:${process.env.FAIRLEAD_PORT}/health/${process.argv[2]}`);
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
