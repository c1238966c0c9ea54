// Requests to the server. A decision names the version it was made on, so sending it again is harmless.

export class ApiError extends Error {
  constructor(status, body) {
    super([body.error, body.hint].filter(Boolean).join(" ") || `The server answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

const PAUSES = [300, 700, 1500, 3000];

export const session = { signed_in: false, reviewer: "", csrf: "", token_required: false, proposed: "" };

let signedOut = () => {};

/** What to do when the server does not know the session any more. */
export function onSignedOut(work) {
  signedOut = work;
}

export async function readSession() {
  return Object.assign(session, await send("GET", "/api/session"));
}

export async function signIn(reviewer, token) {
  Object.assign(session, await send("POST", "/api/session", { reviewer, token }));
  try {
    localStorage.setItem("mt.reviewer", session.reviewer);
  } catch {
    // Without storage the name is asked for again.
  }
  return session;
}

export async function signOut() {
  Object.assign(session, await send("DELETE", "/api/session", {}));
}

/** The words that the page says and offers; `readWords` fills them in. */
export const words = { filters: {}, orders: {}, statuses: [], reasons: [], categories: [], severities: [], levels: [] };

export async function readWords() {
  Object.assign(words, await get("/api/words"));
}

export const get = (path, query) => request("GET", path + questions(query));
export const post = (path, body = {}) => request("POST", path, body);
/** Send a request on the way out, when nobody waits for the answer. */
export const leave = (path, body = {}) => send("POST", path, body, true).catch(() => {});
export const remove = (path, body = {}) => request("DELETE", path, body);

function questions(query) {
  const entries = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== "");
  return entries.length ? `?${new URLSearchParams(entries)}` : "";
}

/** Send a request; wait for a server that is busy or starts again, and sign in again where no token is asked. */
async function request(method, path, body) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send(method, path, body);
    } catch (error) {
      if (error.status === 401 && attempt === 0) {
        if (!(await renewed())) throw error;
      } else if (attempt >= PAUSES.length || (error.status !== undefined && error.status !== 503)) {
        throw error;
      } else {
        await new Promise((resolve) => setTimeout(resolve, PAUSES[attempt]));
      }
    }
  }
}

async function renewed() {
  await readSession();
  if (session.signed_in) return true;
  const name = localStorage.getItem("mt.reviewer") || session.proposed;
  if (!session.token_required && name) {
    await signIn(name, "");
    return true;
  }
  signedOut();
  return false;
}

async function send(method, path, body, keepalive = false) {
  const headers = { "x-mt-csrf": session.csrf };
  if (body !== undefined) headers["content-type"] = "application/json";
  const answer = await fetch(path, {
    method,
    headers,
    credentials: "same-origin",
    keepalive,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const content = (answer.headers.get("content-type") ?? "").startsWith("application/json") ? await answer.json() : {};
  if (!answer.ok) throw new ApiError(answer.status, content);
  return content;
}
