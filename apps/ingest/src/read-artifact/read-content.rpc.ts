import { Controller } from '@nestjs/common';
import {
  type ArtifactEntry,
  type BlobReference,
  type JournalPage,
  type ListArtifactEntries,
  listArtifactEntries,
  type Page,
  type ReadArtifact,
  type ReadArtifactEntry,
  type ReadJournalPage,
  readJournalPage,
  referArtifactContent,
  referArtifactEntry,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { ContentHandler } from './content.handler.js';

@Controller()
export class ReadContentRpc {
  constructor(private readonly content: ContentHandler) {}

  @Rpc(referArtifactContent)
  whole({ artifactId }: ReadArtifact): Promise<BlobReference> {
    return this.content.referWhole(artifactId);
  }

  @Rpc(listArtifactEntries)
  entries(query: ListArtifactEntries): Promise<Page<ArtifactEntry>> {
    return this.content.listEntries(query);
  }

  @Rpc(referArtifactEntry)
  entry({ artifactId, path }: ReadArtifactEntry): Promise<BlobReference> {
    return this.content.referEntry(artifactId, path);
  }

  @Rpc(readJournalPage)
  journal({ artifactId, from = 0, limit = 50 }: ReadJournalPage): Promise<JournalPage> {
    return this.content.readJournal(artifactId, from, limit);
  }
}
