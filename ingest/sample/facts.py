"""Names that stand in the sample: colonias, places, topics, offices. Facts of the city; everything built on them is invented."""

from __future__ import annotations

from ingest.sample.tables import facts_of


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

DELEGACIONES = ("Cerro Gordo", "Coecillo", "Del Carmen", "La Joya", "San Juan Bosco", "San Miguel", "Rural")

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

LOCALIDADES = facts_of("localidades")
TEMAS_ACUERDO = facts_of("temas_acuerdo")  # a topic, the office that answers for it, how the promise is worded
VARIABLES = facts_of("variables")
TIANGUIS = facts_of("tianguis")
