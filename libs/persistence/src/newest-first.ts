import type { Keyset } from './keyset-page.js';

interface Narrowing {
  column: string;
  parameter: number;
  many: boolean;
}

export interface Listed {
  table: string;
  columns: string;
  /** What all rows fulfil beside what narrows the list. */
  where?: readonly string[];
  /** What each row fulfils one of, disjoint, where no one index has them all in order. By default nothing more. */
  branches?: readonly string[];
}

/** A keyset list over the rows of an organisation, which have an `id`, newest first; narrowed by what is given. */
export class NewestFirst {
  private readonly params: unknown[];
  private readonly narrowings: Narrowing[] = [{ column: 'org_id', parameter: 1, many: false }];

  constructor(orgId: string, { before, limit }: Keyset) {
    this.params = [orgId, before, limit + 1];
  }

  /** To one value or several; nothing when there is none. The last one given narrows most. */
  narrow(column: string, value: string | readonly string[] | undefined): this {
    if (value === undefined) return this;
    const many = typeof value !== 'string';
    this.narrowings.push({ column, parameter: this.params.push(many ? [...new Set(value)] : value), many });
    return this;
  }

  /** How a condition names a value. */
  parameter(value: unknown): string {
    return `$${this.params.push(value)}`;
  }

  /**
   * The statement, for one row more than the page. Every branch and every value of what narrows most is looked through by itself and no
   * further than the page: with an index on the columns of each branch, that column and `id`, in this order, the cost does not grow with the table.
   */
  statement({ table, columns, where = [], branches = ['true'] }: Listed): { text: string; params: unknown[] } {
    const others = this.narrowings.slice(0, -1);
    const { column, parameter, many } = this.narrowings[others.length];
    const value = many ? 'one.value' : `$${parameter}`;
    const conditions = [
      // Bounds in place of equality: rows in the order of `column, id` come from an index of both, whatever statistics say of other ways.
      `${column} >= ${value}`,
      `(${column}, id) < (${value}, $2)`,
      ...others.map((one) => `${one.column} = ${one.many ? `any($${one.parameter})` : `$${one.parameter}`}`),
      ...where,
    ].join(' and ');
    const parts = branches.map(
      (branch) =>
        `(select id, ${columns} from ${table} where ${conditions} and ${branch} order by ${column} desc, id desc limit $3)`,
    );
    const each = many ? `unnest($${parameter}::text[]) as one(value), lateral ` : '';
    const text = `select ${columns} from ${each}(${parts.join(' union all ')}) as page order by id desc limit $3`;
    return { text, params: this.params };
  }
}
