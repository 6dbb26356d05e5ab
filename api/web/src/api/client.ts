import type { Problem } from "./shapes";

const ROOT = "/api/v1";

/** What the server refused, in its own words; `status` is 0 when no answer came at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }

  get offline(): boolean {
    return this.status === 0;
  }
}

/** Called when the session has run out; resolves once the same person has signed in again. */
type Gate = () => Promise<void>;

let gate: Gate | null = null;

export function setGate(next: Gate | null): void {
  gate = next;
}

interface Ask {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  signal?: AbortSignal;
  /** False for the requests that ask who is signed in: a 401 is their answer, not an interruption. */
  gated?: boolean;
}

/** Send one request; after a lost session wait for the person to sign in again, then send it once more. */
export async function request<T>(path: string, ask: Ask = {}): Promise<T> {
  const answer = await send(path, ask);
  if (answer.status === 401 && ask.gated !== false && gate) {
    await gate();
    return request<T>(path, ask);
  }
  if (!answer.ok) throw await refusal(answer);
  return answer.status === 204 ? (undefined as T) : ((await answer.json()) as T);
}

async function send(path: string, { method = "GET", body, signal }: Ask): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-Requested-With"] = "gridpatrol";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(ROOT + path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: "same-origin",
      signal: signal ?? null,
      // A verdict given just before the page is closed still arrives.
      keepalive: method !== "GET",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "");
  }
}

async function refusal(answer: Response): Promise<ApiError> {
  const fallback = `${answer.status} ${answer.statusText}`.trim();
  try {
    const problem = (await answer.json()) as Partial<Problem>;
    return new ApiError(answer.status, problem.detail || problem.title || fallback);
  } catch {
    return new ApiError(answer.status, fallback);
  }
}

type Filter = Record<string, string | number | boolean | null | undefined>;

/** Return `path?…` with the filters that are set; an empty text is not a filter. */
export function withQuery(path: string, filter: Filter): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(filter)) {
    if (value !== undefined && value !== null && value !== "") query.set(key, String(value));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
