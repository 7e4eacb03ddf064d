import { monitorEventLoopDelay } from 'node:perf_hooks'

// Loaded into a gateway by `node --import`: tells the process that started it, once a second, how
// the gateway is. It works wherever Node.js does, and keeps nothing alive.

const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

function sample() {
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap')
  process.send?.({
    rssMegabytes: process.memoryUsage.rss() / 2 ** 20,
    delayP99Ms: delay.percentile(99) / 1e6,
    delayMaxMs: delay.max / 1e6,
    sockets: sockets.length,
  })
  delay.reset()
}

if (process.send) {
  setInterval(sample, 1_000).unref()
  process.channel?.unref()
}
