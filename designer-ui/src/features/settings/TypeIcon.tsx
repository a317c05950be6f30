import {
  Box,
  Briefcase,
  Building,
  CalendarDays,
  Car,
  ClipboardList,
  Factory,
  FileText,
  GraduationCap,
  Hammer,
  House,
  type LucideIcon,
  Package,
  Shapes,
  Truck,
  Wrench,
} from 'lucide-react';

/** The symbols that a record type can have. */
export const icons: Record<string, LucideIcon> = {
  briefcase: Briefcase,
  box: Box,
  building: Building,
  calendar: CalendarDays,
  car: Car,
  clipboard: ClipboardList,
  factory: Factory,
  file: FileText,
  'graduation-cap': GraduationCap,
  hammer: Hammer,
  house: House,
  package: Package,
  truck: Truck,
  wrench: Wrench,
};

/** The symbol of a record type in its color. */
export function TypeIcon({ name, color }: { name?: string; color?: string }) {
  const Icon = icons[name ?? ''] ?? Shapes;
  return <Icon size={16} aria-hidden style={{ flex: 'none', color: color || undefined }} />;
}
