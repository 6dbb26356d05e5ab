import { request, withQuery } from "./client";
import type {
  Case,
  CaseEvent,
  CaseState,
  CellCollection,
  Coverage,
  Feed,
  Incident,
  Matter,
  Mute,
  MuteState,
  Page,
  Review,
  Session,
  Statistics,
  Status,
  VerdictRequest,
  ViewAcceptance,
} from "./shapes";

export interface IncidentFilter {
  review?: Review;
  matter?: string;
  feed?: string;
  cell?: string;
  present?: boolean;
  min_score?: number;
  order?: "newest" | "oldest" | "score";
  cursor?: string | null;
  limit?: number;
}

export interface CaseFilter {
  state?: CaseState | "";
  matter?: string;
  cursor?: string | null;
  limit?: number;
}

export interface MuteFilter {
  state?: MuteState | "";
  incident?: string;
  cursor?: string | null;
  limit?: number;
}

export interface FeedFilter {
  q?: string;
  outcome?: string;
  cursor?: string | null;
  limit?: number;
}

const one = encodeURIComponent;

export const api = {
  session: () => request<Session>("/session", { gated: false }),
  signIn: (username: string, password: string) =>
    request<Session>("/session", { method: "POST", body: { username, password }, gated: false }),
  signOut: () => request<void>("/session", { method: "DELETE", gated: false }),
  changePassword: (current: string, next: string) =>
    request<unknown>("/session/password", { method: "POST", body: { current, new: next } }),

  incidents: (filter: IncidentFilter) => request<Page<Incident>>(withQuery("/incidents", { ...filter })),
  incident: (id: string) => request<Incident>(`/incidents/${one(id)}`),
  earlier: (id: string) => request<Page<Incident>>(`/incidents/${one(id)}/earlier`).then((page) => page.items),
  judge: (id: string, verdict: VerdictRequest) =>
    request<unknown>(`/incidents/${one(id)}/verdicts`, { method: "POST", body: verdict }),
  undo: (id: string) => request<unknown>(`/incidents/${one(id)}/verdict`, { method: "DELETE" }),

  cases: (filter: CaseFilter) => request<Page<Case>>(withQuery("/cases", { ...filter })),
  case: (id: string) => request<Case>(`/cases/${one(id)}`),
  recheck: (id: string) => request<Case>(`/cases/${one(id)}/rechecks`, { method: "POST", body: {} }),
  caseEvents: (id: string) => request<CaseEvent[]>(`/cases/${one(id)}/events`),

  mutes: (filter: MuteFilter) => request<Page<Mute>>(withQuery("/mutes", { ...filter })),
  mute: (id: string) => request<Mute>(`/mutes/${one(id)}`),
  liftMute: (id: number, note: string) => request<Mute>(`/mutes/${id}/lift`, { method: "POST", body: { note } }),
  restoreMute: (id: number, note: string) => request<Mute>(`/mutes/${id}/restore`, { method: "POST", body: { note } }),

  feeds: (filter: FeedFilter) => request<Page<Feed>>(withQuery("/feeds", { ...filter })),
  feed: (id: string) => request<Feed>(`/feeds/${one(id)}`),
  acceptView: (id: string, note: string) =>
    request<ViewAcceptance>(`/feeds/${one(id)}/views`, { method: "POST", body: { note } }),

  coverage: (by: readonly string[], limit = 1000) =>
    request<Coverage>(`/coverage?${by.map((name) => `by=${one(name)}`).join("&")}&limit=${limit}`),

  cells: () => request<CellCollection>("/cells"),
  matters: () => request<Matter[]>("/matters"),
  statistics: (since?: string) => request<Statistics>(withQuery("/statistics", { since })),
  status: () => request<Status>("/patrol"),
};

/** Read every page of a list, at most `most` items; for the map, which shows all at once. */
export async function everyPage<Item>(
  read: (cursor: string | null) => Promise<Page<Item>>,
  most: number,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await read(cursor);
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && items.length < most);
  return items;
}
