import { type Logger, type LoggerOptions, pino } from 'pino'

const standardError = 2
const warning = pino.levels.values.warn ?? 0

/**
 * The log of a gateway. A system call for each line would cost as much as half of a small request,
 * so that lines go out several at a time and none of them later than a moment; one that warns of
 * something takes all before it along at once. When the process ends, the last ones are written.
 */
export function openLog(level: string): Logger {
  const together = { dest: standardError, sync: true, minLength: 4_096, periodicFlush: 100 }
  const destination = pino.destination(together)
  process.once('exit', () => destination.flush())
  const hooks: LoggerOptions['hooks'] = {
    logMethod(args, write, of) {
      write.apply(this, args)
      if (of >= warning) destination.flush()
    },
  }
  return pino({ level, hooks }, destination)
}
