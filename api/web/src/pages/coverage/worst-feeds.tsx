import { api } from "../../api/endpoints";
import type { CoverageRow } from "../../api/shapes";
import { LoadFailed, Loading } from "../../parts/loading";
import { href } from "../../router";
import { useLoaded } from "../../use-loaded";
import { useWords } from "../../words/language";
import { mostFirst, share } from "./tally";

const MOST = 20;

/** The cameras that were least seen in the last day, and why. */
export function WorstFeeds({ edition }: { edition: number }) {
  const words = useWords().coverage;
  const { value, error, reload } = useLoaded("coverage by feed", () => api.coverage(["feed"], MOST), edition);
  if (!value) return error ? <LoadFailed error={error} retry={reload} /> : <Loading />;
  const rows = value.rows.filter((row) => row.planned > row.seen);
  return (
    <section className="worst">
      <h2>{words.worst}</h2>
      {rows.length ? <Table rows={rows} /> : <p className="dim">{words.noWorst}</p>}
    </section>
  );
}

function Table({ rows }: { rows: readonly CoverageRow[] }) {
  const words = useWords().coverage;
  return (
    <table>
      <thead>
        <tr>
          <th>{words.camera}</th>
          <th>{words.seen}</th>
          <th>{words.missed}</th>
          <th>{words.backing_off}</th>
          <th>{words.late}</th>
          <th>{words.outcomes}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Line key={row.feed} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ row }: { row: CoverageRow }) {
  const outcomes = useWords().outcome as Record<string, string>;
  const why = mostFirst(row.blind).map(([outcome, count]) => `${outcomes[outcome] ?? outcome} ${count}`);
  return (
    <tr>
      <td>
        <a href={href("feeds", null, { q: row.feed ?? "" })}>{row.name || row.feed}</a> <small>{row.feed}</small>
      </td>
      <td>
        {share(row.seen, row.planned)} <small>{`${row.seen}/${row.planned}`}</small>
      </td>
      <td>{row.missed || ""}</td>
      <td>{row.backing_off || ""}</td>
      <td>{row.late || ""}</td>
      <td>{why.join(", ")}</td>
    </tr>
  );
}
