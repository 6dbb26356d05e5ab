import { createContext, use, useMemo, type ReactNode } from "react";
import { api } from "./api/endpoints";
import type { CellCollection, Matter } from "./api/shapes";
import { useLoaded } from "./use-loaded";
import { nameIn, useLanguage } from "./words/language";

interface Catalogue {
  matters: Matter[];
  cells: CellCollection | null;
  /** Whether the answer about the grid is there, even if it is that there can be none. */
  cellsAsked: boolean;
}

const Context = createContext<Catalogue>({ matters: [], cells: null, cellsAsked: false });

/** What hardly ever changes and every page needs: the matters and the grid. */
export function CatalogueProvider({ children }: { children: ReactNode }) {
  const matters = useLoaded("matters", api.matters);
  const cells = useLoaded("cells", api.cells);
  const catalogue = useMemo(
    () => ({
      matters: matters.value ?? [],
      cells: cells.value,
      cellsAsked: cells.value !== null || cells.error !== null,
    }),
    [matters.value, cells.value, cells.error],
  );
  return <Context value={catalogue}>{children}</Context>;
}

export function useCatalogue(): Catalogue {
  return use(Context);
}

/** A function from matter key to its name in the spoken language. */
export function useMatterName(): (key: string) => string {
  const { matters } = use(Context);
  const { language } = useLanguage();
  return (key) => nameIn(language, matters.find((matter) => matter.key === key)?.names, key);
}
