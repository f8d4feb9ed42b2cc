import type { components } from './generated/schema';

// The shapes of the knowledge bases as the document of the HTTP API has them.

type Schemas = components['schemas'];

export type KnowledgeBase = Schemas['KnowledgeBase'];
export type KnowledgeStore = Schemas['KnowledgeStoreChoice'];
export type KnowledgeDocument = Schemas['Document'];
export const documentStates = ['pending', 'indexed', 'failed'] as const;
export type DocumentState = Schemas['DocumentState'];
export type AddedDocument = Schemas['AddedDocument'];
export type DocumentTextPart = Schemas['DocumentTextPart'];
export type PassagePlace = Schemas['PassagePlace'];
export type FoundPassage = Schemas['FoundPassage'];
export type KnowledgeAnswer = Schemas['KnowledgeAnswer'];
export type KnowledgeHealth = Schemas['KnowledgeHealth'];
export type SearchAnswer = Schemas['SearchAnswer'];
export const searchWays = ['hybrid', 'feedback', 'words', 'vectors'] as const;
export type SearchWay = Schemas['SearchWay'];
export type KnowledgeSynonyms = Schemas['KnowledgeSynonyms'];
export type KnowledgeBoosts = Schemas['KnowledgeBoosts'];
export type AppliedBoost = Schemas['AppliedBoost'];
export type KnowledgeSource = Schemas['KnowledgeSource'];
export type SourcePlace = Schemas['SourcePlace'];
export type SourceSchedule = Schemas['SourceSchedule'];
export type SyncResult = Schemas['SyncResult'];
