// Speaking with the server. An answer is JSON of our own, or it is none: the page of a hotel's network, a redirect
// to some sign-in, an error page of a proxy and silence all mean that nobody has heard us.
const BASE = "/station/api/";
const PATIENCE_MS = 20_000;

// Nobody answered. `why`: "network" (not reached, or too slow), "server" (5xx), "stranger" (somebody else answers).
export class NoAnswer extends Error {
  constructor(why, status = 0) {
    super(`no answer: ${why} ${status || ""}`.trim());
    this.name = "NoAnswer";
    this.why = why;
    this.status = status;
  }
}

// The server answered that it will not; `code` says why, `body` whatever it added.
export class Refused extends Error {
  constructor(status, body, retryAfter) {
    super(`refused: ${status} ${body.code ?? ""}`);
    this.name = "Refused";
    this.status = status;
    this.code = body.code ?? "";
    this.body = body;
    this.retryAfter = retryAfter;
  }
}

// Asks the station's API and returns what stands in the answer. `looksRight(body)` tells our answer from a
// stranger's: any 200 with JSON is not enough.
//
// Throws NoAnswer or Refused.
export async function call(path, { method = "GET", headers = {}, body, patience = PATIENCE_MS, looksRight } = {}) {
  let response;
  let said;
  try {
    response = await fetch(BASE + path, {
      method,
      headers: { Accept: "application/json", ...headers },
      body,
      cache: "no-store",
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(patience),
    });
    said = await response.text();
  } catch {
    throw new NoAnswer("network");
  }
  const content = read(response, said);
  if (response.status >= 500) throw new NoAnswer("server", response.status);
  if (content === null) throw new NoAnswer("stranger", response.status);
  if (!response.ok) throw refusal(response, content);
  if (looksRight && !looksRight(content)) throw new NoAnswer("stranger", response.status);
  return content;
}

function read(response, said) {
  if (!(response.headers.get("content-type") ?? "").includes("json")) return null;
  try {
    const content = JSON.parse(said);
    return content !== null && typeof content === "object" ? content : null;
  } catch {
    return null;
  }
}

function refusal(response, content) {
  // Whoever refuses without a code of ours is somebody in between.
  if (typeof content.code !== "string") return new NoAnswer("stranger", response.status);
  return new Refused(response.status, content, Number(response.headers.get("retry-after")) || 0);
}
