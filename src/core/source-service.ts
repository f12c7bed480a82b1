import type { Page } from "./hooks-service.ts";
import type {
  SourceInput,
  SourcePatch,
  SourceQuery,
  SourceRequestDetail,
  SourceRequestQuery,
  SourceRequestResource,
  SourceResource,
  SourceWithSecret,
} from "./sources/source.ts";

/** The part of HooksService that is about inbound sources. They are named by their name, or by their id. */
export interface SourceService {
  /** @throws HooksError `conflict` when any source of the server has that name: it is part of the URL */
  createSource(input: SourceInput): Promise<SourceWithSecret>;
  /** Newest first. */
  listSources(query?: SourceQuery): Promise<Page<SourceResource>>;
  getSource(name: string): Promise<SourceResource>;
  updateSource(name: string, patch: SourcePatch): Promise<SourceResource>;
  /** Its URL is free; its events stay, what came with them goes. */
  deleteSource(name: string): Promise<void>;
  /** `grace`: how long what the old secret signed is taken, too; default "24h". Without a secret one is made. */
  rotateSourceSecret(
    name: string,
    options?: { secret?: string | undefined; grace?: string | undefined },
  ): Promise<SourceWithSecret>;
  /** What came, newest first: all that events were made of, and the last ones that were not. */
  listSourceRequests(name: string, query?: SourceRequestQuery): Promise<Page<SourceRequestResource>>;
  /** One as it came, and what was wrong with it. */
  getSourceRequest(name: string, id: string): Promise<SourceRequestDetail>;
}
