/** The forms that a bundle can be exported in. */

export const EXPORT_FORMATS = ['tar', 'oci', 'portable', 'quadlet', 'k8s-pod'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]
