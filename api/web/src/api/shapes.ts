// The wire shapes of /api/v1, as api/http/schemas.py defines them: times RFC 3339 UTC, places WGS-84 degrees,
// boxes [x1, y1, x2, y2] normalised 0..1 of the picture with the origin top left.

export type Box = [number, number, number, number];

export interface Place {
  lon: number;
  lat: number;
  accuracy_m: number;
  method: "homography" | "fix" | "footprint" | "point";
}

export interface Cell {
  id: string;
  relation: "inside" | "border" | "nearest";
  distance_m: number;
}

export type Review = "pending" | "confirmed" | "rejected" | "merged";
export type VerdictKind = "confirm" | "reject" | "merge" | "reclass";

export const REJECT_REASONS = ["not_there", "wrong_class", "permitted", "duplicate", "unclear", "other"] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

export interface VerdictRequest {
  kind: VerdictKind;
  reason?: RejectReason;
  note?: string;
  into?: string;
  matter?: string;
}

export interface Verdict {
  id: number;
  kind: VerdictKind;
  reason: RejectReason | null;
  note: string;
  into: string | null;
  matter: string | null;
  by: string;
  at: string;
  undone_at: string | null;
}

export interface Evidence {
  id: number;
  feed_id: string;
  captured_at: string;
  box: Box | null;
  score: number;
  url: string;
  annotated_url: string;
  sha256: string;
}

export interface Incident {
  id: string;
  feed_id: string;
  feed_name: string;
  matter: string;
  label: string;
  score: number;
  review: Review;
  present: boolean;
  first_seen: string;
  last_seen: string;
  received_at: string;
  ended_at: string | null;
  sightings: number;
  place: Place | null;
  cell: Cell | null;
  model_id: string;
  synthetic: boolean;
  evidence: Evidence[];
  verdicts: Verdict[];
  merged_into: string | null;
  case_id: string | null;
}

export const MUTE_STATES = ["active", "look_changed", "expired", "lifted", "withdrawn"] as const;
export type MuteState = (typeof MUTE_STATES)[number];

export interface MuteGround {
  incident_id: string;
  reason: RejectReason;
  by: string;
  at: string;
  box: Box;
  picture: Evidence | null;
}

export interface MuteStep {
  at: string;
  deed: "muted" | "learned" | "forgotten" | "extended" | "lifted" | "restored" | "look_changed" | "withdrawn";
  by: string;
  note: string;
}

export interface Mute {
  id: number;
  feed_id: string;
  feed_name: string;
  matter: string;
  state: MuteState;
  box: Box;
  since: string;
  expires_at: string;
  held_back: number;
  unlike: number | null;
  unlike_at: string | null;
  ends_over: number;
  grounds: MuteGround[];
  history: MuteStep[];
  feed_picture_url: string | null;
}

export const CASE_STATES = ["filed", "closed", "void"] as const;
export type CaseState = (typeof CASE_STATES)[number];

export interface Codes {
  gbt30428_2013: string | null;
  interim: string | null;
  gbt47678_2026: string | null;
}

export type Names = Record<string, string>;

export interface Recheck {
  id: number;
  why: "handled" | "deadline" | "operator";
  state: "open" | "clean" | "there" | "person";
  asked_at: string;
  asked_by: string;
  due_at: string;
  looks: number;
  looked_at: string | null;
  reason: "missed" | "gone" | "blind" | "vehicle" | "unwatched" | "unknown" | "there" | null;
  detail: string;
}

export interface Case {
  id: string;
  incident_id: string;
  matter: string;
  matter_name: Names;
  codes: Codes;
  state: CaseState;
  origin: "auto" | "verdict";
  filed_at: string;
  filed_by: string;
  updated_at: string;
  feed_id: string;
  feed_name: string;
  place: Place | null;
  cell: Cell | null;
  present: boolean;
  score: number;
  synthetic: boolean;
  evidence: Evidence[];
  rechecks: Recheck[];
}

export interface CaseEvent {
  id: number;
  at: string;
  kind: "filed" | "seen" | "gone" | "reclassed" | "merged" | "void" | "refiled" | "unwatched" | "recheck" | "verified" | "returned" | "unverified";
  by: string;
  note: string;
}

export const OUTCOMES = [
  "ok",
  "unreachable",
  "timeout",
  "unauthorised",
  "not_an_image",
  "stale",
  "frozen",
  "dark",
  "blocked",
  "turned",
  "blurred",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Feed {
  id: string;
  name: string;
  kind: "camera" | "vehicle";
  url: string;
  owner: string;
  purpose: string;
  place: Place | null;
  outcome: Outcome | null;
  detail: string;
  last_visit_at: string | null;
  last_seen_at: string | null;
  next_visit_at: string | null;
  failures: number;
  visits: number;
  muted: number;
  /** Seconds between visits, by plan; by DEFAULT_PLAN where no plan has the feed. */
  every_s: Record<string, number>;
  picture_url: string | null;
  picture_at: string | null;
  view_accepted: ViewAcceptance | null;
}

export interface ViewAcceptance {
  feed_id: string;
  at: string;
  by: string;
  note: string;
}

/** Under this name feeds in no plan are counted. */
export const DEFAULT_PLAN = "default";

/** What became of planned visits: planned = seen + blind + backing_off + missed; late ones are among seen and blind. */
export interface Tally {
  planned: number;
  done: number;
  seen: number;
  blind: Record<string, number>;
  backing_off: number;
  missed: number;
  late: number;
  extra: number;
  seen_share: number | null;
}

export interface CoverageRow extends Tally {
  plan: string | null;
  feed: string | null;
  name: string | null;
  cell: string | null;
  hour: string | null;
  day: string | null;
}

export interface Coverage {
  since: string;
  until: string;
  recorded_since: string | null;
  plans: string[];
  plan: string | null;
  by: string[];
  total: Tally;
  rows: CoverageRow[];
  left_out: number;
}

export interface Unseen {
  feed_id: string;
  name: string;
  unseen_s: number;
  outcome: Outcome | null;
}

export interface PromiseStatus {
  plan: string;
  within_s: number;
  open: boolean;
  feeds: number;
  broken: number;
  broken_since: string | null;
  longest: Unseen[];
}

export interface PatrolStatus {
  at: string;
  started_at: string;
  pid: number;
  feeds: number;
  outcomes: Record<string, number>;
  visits: number;
  visits_per_s: number;
  late: number;
  suspects: number;
  incidents: number;
  outbox: number;
  dead_letters: number;
  muted: number;
  last_post_at: string | null;
  trouble: string[];
  model_id: string;
  synthetic: boolean;
  promises: PromiseStatus[];
}

export interface Status {
  alive: boolean;
  patrol: PatrolStatus | null;
  pending: number;
  last_case: Case | null;
  trouble: string[];
}

export interface Statistics {
  since: string;
  incidents: number;
  pending: number;
  confirmed: number;
  rejected: number;
  merged: number;
  cases: number;
  precision: number | null;
  by_matter: Record<string, number>;
  by_feed: Record<string, number>;
  by_cell: Record<string, number>;
}

export interface Matter {
  key: string;
  names: Names;
  codes: Codes;
  labels: string[];
}

export interface Session {
  username: string;
  role: "viewer" | "operator" | "admin";
  one_time_password: boolean;
  city: string;
  notice: string;
  map_tiles: string | null;
  timezone: string;
}

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export interface Problem {
  title: string;
  status: number;
  detail: string;
}

export interface CellFeature {
  type: "Feature";
  geometry: { type: "Polygon"; coordinates: number[][][] } | { type: "MultiPolygon"; coordinates: number[][][][] };
  properties: { id: string; street?: string | null; community?: string | null };
}

export interface CellCollection {
  type: "FeatureCollection";
  features: CellFeature[];
}
