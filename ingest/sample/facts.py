"""Names that stand in the sample: colonias, places, topics, offices. Facts of the city; everything built on them is invented."""

from __future__ import annotations


def _listed(text: str) -> tuple[str, ...]:
    """Names between semicolons."""
    return tuple(" ".join(text.split()).split("; "))


COLONIAS = _listed("""
Centro; Obregón; Andrade; Arbide; León Moderno; San Juan de Dios; Coecillo; Industrial; Guadalupe; Moderna; El Retiro; Bellavista;
Lindavista; Españita; Obrera; Killian; Chapalita; Azteca; San Miguel; Santa Clara; Los Gavilanes; Vibar; Santa Rita; San José Obrero;
Parque Manzanares; Las Trojes; Jardines del Moral; Panorama; Villas del Campestre; Jardines del Campestre; Lomas del Campestre;
Cañada del Campestre; Punta Campestre; Gran Jardín; El Palote; San Nicolás del Palote; Cumbres del Campestre; El Refugio Campestre;
Lomas del Refugio; Bosques del Refugio; Praderas del Refugio; San Isidro; San Isidro de Jerez; Valle de Jerez; Jardines de Jerez;
Lomas de Jerez; Pedregal de Jerez; Balcones de Jerez; Campestre de Jerez; Delta de Jerez; Delta 2000; Real Delta; Real de Jerez;
Mezquital de Jerez; Cerrito de Jerez; Linares; Las Mandarinas; Piletas III; Piletas IV; Valle de Señora; Arboledas de Señora;
Cañada de Alfaro; Valle del Campestre; Satélite; Ciudad Satélite; Las Américas; Santa Julia; Jardines de Santa Julia; Colinas de Santa Julia;
Popular Anaya; Oriental Anaya; Popular Polanco; Popular Inca; Popular Maya; Popular La Luz; Prados la Luz; Valle de la Luz; Misión de la Luz;
San Sebastián; San Marcos; San Felipe de Jesús; Santo Domingo; San Pedro de los Hernández; Los Castillos; Valle de los Castillos;
Lomas de los Castillos; Castillos Viejos; Diez de Mayo; Ocho de Marzo; Flores Magón; Libertad; Unión Obrera; Independencia;
Héroes de Chapultepec; Benito Juárez; Michoacán; Nuevo León; Hidalgo; Echeveste 2000; Hacienda Echeveste; Villas de Echeveste;
Rinconada de Echeveste; Canteritas de Echeveste; La Piscina; Lomas de la Piscina; Cumbres de la Piscina; Las Joyas; La Joya;
Balcones de la Joya; Montaña del Sol de la Joya; Cerrito de la Joya; Mineral de la Joya; Villas de la Joya; Rivera de la Joya;
Misión de la Joya; Valle de las Haciendas; Ángeles y Medina; Lomas de Medina; Cumbres de Medina; Lagos de Medina; Maravillas;
Jardines de Maravillas; Paseos de Maravillas; San Carlos; San Carlos la Roncha; Pedregal de San Carlos; Brisas del Carmen;
Bosques del Carmen; Haciendas del Carmen II; Portones del Moral; Ibarrilla; Ermita de Ibarrilla; Arboledas de Ibarrilla;
Rinconada de Ibarrilla; La Ermita; La Nueva Ermita; Balcones de la Fragua; Colinas de la Fragua; Paseos de la Fragua; La Fragua;
Lomas de la Selva; La Selva; Presidentes de México; Jardines de los Naranjos; Real de los Naranjos; Valle de los Naranjos;
Quinta los Naranjos; Santa Rosa de Lima; Villa Insurgentes; Villas de San Juan; Valle de San José; San José del Potrero
""")

LOCALIDADES = (
    ("110200001", "León de los Aldama", "URBANO", 1579803),
    ("110200047", "Alfaro", "RURAL", 2764),
    ("110200090", "Duarte", "URBANO", 7683),
    ("110200113", "Ibarrilla", "RURAL", 1864),
    ("110200131", "La Laborcita", "RURAL", 1772),
    ("110200142", "Loza de los Padres", "URBANO", 3097),
    ("110200165", "Los Naranjos", "RURAL", 1291),
    ("110200190", "Plan de Ayala (Santa Rosa)", "URBANO", 5530),
    ("110200205", "Los Ramírez", "URBANO", 2754),
    ("110200233", "San Juan de Abajo", "URBANO", 7559),
    ("110200241", "San Juan de Otates", "URBANO", 3687),
    ("110200260", "Los Sauces", "RURAL", 1135),
    ("110200277", "Barranca de Venaderos", "RURAL", 613),
)

DELEGACIONES = ("Cerro Gordo", "Coecillo", "Del Carmen", "La Joya", "San Juan Bosco", "San Miguel", "Rural")

# topic of an agreement, the office that answers for it, how the promise is worded
TEMAS_ACUERDO = (
    ("Alumbrado público", "Dirección General de Obra Pública", "Reparar luminarias apagadas en {lugar}"),
    ("Bacheo", "Dirección General de Obra Pública", "Bacheo de la calle principal de {lugar}"),
    ("Recolección de basura", "Sistema Integral de Aseo Público", "Recolectar la basura tres veces por semana en {lugar}"),
    ("Lotes baldíos", "Sistema Integral de Aseo Público", "Limpiar el lote baldío de {lugar}"),
    ("Seguridad y vigilancia", "Secretaría de Seguridad, Prevención y Protección Ciudadana", "Aumentar los rondines nocturnos en {lugar}"),
    ("Agua potable y drenaje", "Sistema de Agua Potable y Alcantarillado de León", "Revisar la fuga y el drenaje de {lugar}"),
    ("Poda y arbolado", "Dirección General de Medio Ambiente", "Podar los árboles que cubren las lámparas en {lugar}"),
    ("Parques y jardines", "Dirección General de Medio Ambiente", "Rehabilitar los juegos infantiles del parque de {lugar}"),
    ("Señalización vial", "Dirección General de Movilidad", "Pintar el paso peatonal frente a la escuela de {lugar}"),
    ("Transporte público", "Dirección General de Movilidad", "Revisar la frecuencia de la ruta que pasa por {lugar}"),
    ("Comercio en vía pública", "Dirección de Comercio y Consumo", "Ordenar el tianguis de {lugar}"),
    ("Control animal", "Dirección General de Salud", "Jornada de esterilización canina y felina en {lugar}"),
)  # fmt: skip

DIRECTORIO = _listed("""
Sistema Integral de Aseo Público; Sistema de Agua Potable y Alcantarillado de León; Dirección General de Obra Pública; Dirección
General de Movilidad; Dirección General de Medio Ambiente; Dirección General de Desarrollo Urbano; Dirección General de Salud;
Dirección General de Educación; Dirección General de Economía; Dirección General de Desarrollo Rural; Dirección General de
Desarrollo Social y Humano; Dirección General de Gobierno; Dirección de Comercio y Consumo; Dirección de Fiscalización y
Control; Secretaría de Seguridad, Prevención y Protección Ciudadana; Unidad de Transparencia; Instituto Municipal de las
Mujeres; Instituto Municipal de las Juventudes; Instituto Municipal de Planeación; Instituto Municipal de Vivienda; Instituto
Cultural de León; Comisión Municipal de Cultura Física y Deporte; Sistema para el Desarrollo Integral de la Familia; Patronato
del Parque Zoológico
""")

UNIVERSIDADES_PUBLICAS = _listed("""
Universidad de Guanajuato, Campus León; Universidad Tecnológica de León; ENES UNAM León; Instituto Tecnológico de León
""")
UNIVERSIDADES_PRIVADAS = _listed("""
Universidad Iberoamericana León; Universidad De La Salle Bajío; Universidad Meridiano; Universidad EPCA
""")

NOMBRES_MUJER = _listed("""
María; Guadalupe; Ana Laura; Fernanda; Verónica; Leticia; Daniela; Sofía; Patricia; Rosa; Ximena; Mariana; Lucía; Beatriz;
Teresa; Regina
""")
NOMBRES_HOMBRE = _listed("""
José; Juan; Luis; Miguel Ángel; Jorge; Carlos; Francisco; Alejandro; Raúl; Diego; Emiliano; Arturo; Martín; Óscar; Santiago;
Iván
""")
APELLIDOS = _listed("""
Hernández; García; Martínez; López; González; Rodríguez; Pérez; Sánchez; Ramírez; Torres; Flores; Gómez; Díaz; Vázquez; Muñoz;
Ibarra; Aguirre; Peña; Cervantes; Zúñiga
""")

EJES = ("seguridad_paz", "medio_ambiente_agua", "espacios_publicos", "emprendimiento")

# conjunto, variable, theme, periodicity
VARIABLES = (
    ("incidencia_delictiva", "casos", "seguridad_paz", "mensual"),
    ("incidencia_delictiva", "subtipo_delito", "seguridad_paz", "mensual"),
    ("Faltas administrativas", "Remisiones por colonia", "seguridad_paz", "mensual"),
    ("Faltas administrativas", "Motivo de la remisión", "seguridad_paz", "mensual"),
    ("Llamadas de emergencia", "Tiempo de respuesta", "seguridad_paz", "mensual"),
    ("Llamadas de emergencia", "Llamadas por tipo", "seguridad_paz", "mensual"),
    ("Cámaras de videovigilancia", "Ubicación", "seguridad_paz", "anual"),
    ("Hechos de tránsito", "Accidentes por crucero", "seguridad_paz", "trimestral"),
    ("Hechos de tránsito", "Personas lesionadas", "seguridad_paz", "trimestral"),
    ("mediciones_aire", "promedio", "medio_ambiente_agua", "trimestral"),
    ("almacenamiento_presas", "llenado_pct", "medio_ambiente_agua", "trimestral"),
    ("Calidad del aire", "Días fuera de norma", "medio_ambiente_agua", "mensual"),
    ("Consumo de agua", "Metros cúbicos facturados", "medio_ambiente_agua", "bimestral"),
    ("Consumo de agua", "Tomas domiciliarias", "medio_ambiente_agua", "bimestral"),
    ("Agua tratada", "Volumen tratado", "medio_ambiente_agua", "semestral"),
    ("Residuos sólidos", "Toneladas recolectadas", "medio_ambiente_agua", "mensual"),
    ("Residuos sólidos", "Puntos de reciclaje", "medio_ambiente_agua", "anual"),
    ("areas_verdes", "superficie_m2", "areas_verdes", "anual"),
    ("areas_verdes", "estado", "areas_verdes", "anual"),
    ("Arbolado urbano", "Árboles plantados", "areas_verdes", "trimestral"),
    ("Arbolado urbano", "Especies", "areas_verdes", "semestral"),
    ("Arbolado urbano", "Podas autorizadas", "areas_verdes", "trimestral"),
    ("Parques", "Equipamiento", "areas_verdes", "anual"),
    ("Parques", "Horarios", "areas_verdes", "anual"),
    ("tianguis", "dia", "emprendimiento", "anual"),
    ("Licencias de funcionamiento", "Aperturas", "emprendimiento", "mensual"),
    ("Licencias de funcionamiento", "Giro", "emprendimiento", "mensual"),
    ("Créditos a emprendedores", "Créditos otorgados", "emprendimiento", "trimestral"),
    ("Créditos a emprendedores", "Monto", "emprendimiento", "trimestral"),
    ("Bolsa de trabajo", "Vacantes", "emprendimiento", "mensual"),
    ("Capacitación empresarial", "Asistentes", "emprendimiento", "semestral"),
    ("Presupuesto municipal", "Gasto por capítulo", "otro", "trimestral"),
    ("Padrón de proveedores", "Proveedores", "otro", "semestral"),
    ("Actas de cabildo", "Actas", "otro", "sin_periodicidad"),
)

TIANGUIS = (
    ("10 DE MAYO (LIBERTAD)", "DIEZ DE MAYO", "DOMINGO", "MADRE ELVIRA"),
    ("10 DE MAYO (LIBERTAD)", "LIBERTAD", "DOMINGO", "CONGRESO CONSTITUYENTE"),
    ("LA LUZ", "POPULAR LA LUZ", "SABADO", "VICENTE GUERRERO"),
    ("SAN JUAN DE DIOS", "SAN JUAN DE DIOS", "LUNES", "16 DE SEPTIEMBRE"),
    ("EL COECILLO", "COECILLO", "MARTES", "CUAUHTEMOC"),
    ("LINEA DE FUEGO", "SAN FELIPE DE JESUS", "MARTES", "JUAREZ PONIENTE"),
    ("LAS TROJES", "TROJES, LAS", "MIERCOLES", "TROJE DE SAN JUAN"),
    ("EL RETIRO", "RETIRO, EL", "JUEVES", "JALISCO"),
    ("SATELITE", "CD SATELITE", "VIERNES", "SATURNO"),
    ("ECHEVESTE", "HDA. ECHEVESTE", "SABADO", "HACIENDA DEL CARMEN"),
    ("SANTA RITA", "STA RITA", "DOMINGO", "SANTA CRISTINA"),
    ("PILETAS", "PILETAS IV", "LUNES", "PRIMAVERA"),
    ("LA PISCINA", "LA PICINA", "MIERCOLES", "ALBERCA"),
    ("LOS CASTILLOS", "CASTILLOS LOS", "JUEVES", "CASTILLO DE CHAPULTEPEC"),
    ("LAS JOYAS", "JOYAS, LAS", "DOMINGO", "AURORA BOREAL"),
    ("SAN MARCOS", "SAN MARCOS", "SABADO", "RIO MAYO"),
    ("SANTO DOMINGO", "STO. DOMINGO", "VIERNES", "FRAY DANIEL MIRELES"),
    ("IBARRILLA", "IBARRILLA", "DOMINGO", "PLAZA PRINCIPAL"),
)
