/** The forms that a bundle can be exported in. */

export const EXPORT_FORMATS = ['tar', 'oci'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]
