-- For wrk: posts the bodies of a file, one a line, and prints what came of it as JSON.

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

local requests = {}

init = function(arguments)
  for line in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format(nil, "/v1/predict", nil, line)
  end
end

local sent = 0

request = function()
  sent = sent % #requests + 1
  return requests[sent]
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.3f, "not_200": %d, "socket_errors": %d, '
      .. '"p50_ms": %.2f, "p90_ms": %.2f, "p99_ms": %.2f, "max_ms": %.2f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(90) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3
  ))
end
