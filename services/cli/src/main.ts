import { fairleadProgram } from './program.js';

// Whoever reads what we print may have seen enough: `fairlead what-if … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
// Whoever started us holds the other end of a channel. It must not keep a finished command from ending.
process.channel?.unref();
await fairleadProgram().parseAsync();
