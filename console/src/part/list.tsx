// A list that is known as a whole: searched, sorted and paged here.
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useState, type ReactNode } from 'react';
import type { Asked } from '../ask';
import { useNarrow } from './narrow';
import { Empty, Failed } from './shown';

export interface Column<T> {
  id: string;
  header: string;
  cell: (item: T) => ReactNode;
  /** What the column is sorted by; without it, it is not. */
  by?: (item: T) => string | number;
  minWidth?: number;
  /** It is shown where there is room for it, and not on a telephone. */
  wide?: boolean;
}

const size = 20;
// Where there is no room a list scrolls to the side; a date in a column of three letters would be a line for each word.
const narrowest = 120;

export function List<T>(p: {
  title: string;
  about?: ReactNode;
  of: Asked<T[]>;
  columns: Column<T>[];
  id: (item: T) => string;
  /** What a search looks at. */
  text?: (item: T) => string;
  actions?: ReactNode;
  empty: ReactNode;
  /** It was answered with something else: there is nothing to ask for again. */
  still?: boolean;
}) {
  const [search, setSearch] = useState('');
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<TableProps.SortingState<T>>();
  const narrow = useNarrow();
  const all = p.of.data ?? [];
  const words = search.trim().toLowerCase();
  let found = words && p.text ? all.filter((i) => p.text?.(i).toLowerCase().includes(words)) : all;
  const by = p.columns.find((c) => c.id === sorting?.sortingColumn.sortingField)?.by;
  if (by) {
    const way = sorting?.isDescending ? -1 : 1;
    found = [...found].sort((a, b) => {
      const [x, y] = [by(a), by(b)];
      return way * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y)));
    });
  }
  const pages = Math.max(1, Math.ceil(found.length / size));
  const now = Math.min(page, pages);
  return (
    <SpaceBetween size="m">
      <Failed fault={p.of.fault} again={p.of.again} />
      <Table
        items={found.slice((now - 1) * size, now * size)}
        loading={p.of.loading && !p.of.data}
        loadingText="Asking the server"
        trackBy={p.id}
        wrapLines
        columnDefinitions={p.columns.filter((c) => !c.wide || !narrow).map((c, i) => ({
          id: c.id, header: c.header, cell: c.cell, isRowHeader: i === 0,
          ...(c.by ? { sortingField: c.id } : {}), minWidth: c.minWidth ?? narrowest,
        }))}
        sortingColumn={sorting?.sortingColumn}
        sortingDescending={sorting?.isDescending}
        onSortingChange={(e) => setSorting(e.detail)}
        header={
          <Header
            counter={p.of.data ? `(${words ? `${found.length}/` : ''}${all.length})` : undefined}
            description={p.about}
            actions={<SpaceBetween direction="horizontal" size="xs">{!p.still && <Again of={p.of} what={p.title} />}{p.actions}</SpaceBetween>}
          >
            {p.title}
          </Header>
        }
        filter={
          p.text && all.length > 0 ? (
            <TextFilter
              filteringText={search}
              filteringPlaceholder="Search"
              filteringAriaLabel={`Search in ${p.title}`}
              filteringClearAriaLabel="Clear"
              countText={words ? `${found.length} found` : undefined}
              onChange={(e) => {
                setSearch(e.detail.filteringText);
                setPage(1);
              }}
            />
          ) : undefined
        }
        pagination={pages > 1 ? <Pagination currentPageIndex={now} pagesCount={pages} onChange={(e) => setPage(e.detail.currentPageIndex)} ariaLabels={pageLabels} /> : undefined}
        empty={words ? <Empty title="Nothing like that">Try another word.</Empty> : p.empty}
        ariaLabels={{ tableLabel: p.title }}
      />
    </SpaceBetween>
  );
}

export const pageLabels = { nextPageLabel: 'Next page', previousPageLabel: 'Previous page', pageLabel: (n: number) => `Page ${n}` };

export function Again({ of, what }: { of: Asked<unknown>; what: string }) {
  return <Button iconName="refresh" ariaLabel={`Ask for ${what.toLowerCase()} again`} loading={of.loading && of.data !== undefined} onClick={of.again} />;
}

/** A list that is there already. */
export function known<T>(data: T[]): Asked<T[]> {
  return { data, fault: undefined, loading: false, again: () => undefined };
}
